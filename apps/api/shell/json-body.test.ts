import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express, { type NextFunction, type Request, type Response } from 'express';
import { LARGE_JSON_LIMIT_BYTES, Problem } from '#domain/contract';
import { jsonBodyReader, type RequireSignedIn } from './json-body.js';
import { LargeBodies } from './large-bodies.js';

let server: Server;
let signedIn: RequireSignedIn;
/** What the reader handed on, or why it refused. */
let outcomes: string[];
let release: (() => void)[];
/** Read at every request. */
const patience = { stallMs: 0, wholeMs: 0 };

beforeEach(async () => {
  signedIn = () => Promise.resolve();
  outcomes = [];
  release = [];
  Object.assign(patience, { stallMs: 30_000, wholeMs: 30_000 });
  const app = express();
  app.use(jsonBodyReader((request) => signedIn(request), patience, new LargeBodies(1)));
  app.use((request: Request, response: Response) => {
    outcomes.push(`read ${JSON.stringify(request.body).length}`);
    if (request.headers['x-hold'] === undefined) response.end('{}');
    else release.push(() => response.end('{}'));
  });
  // Express knows an error handler by its four parameters.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const problem = error instanceof Problem ? error : new Problem('internal');
    outcomes.push(problem.code);
    response.status(problem.status).end(problem.code);
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
);

const port = () => (server.address() as AddressInfo).port;
const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`http://127.0.0.1:${port()}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
const large = (sizeBytes: number) => JSON.stringify({ text: 'x'.repeat(sizeBytes - 11) });

/** Sends pieces one after another, each when the last is `everyMs` old, and gives the status line that comes back. */
function slowly(pieces: readonly string[], everyMs: number, announced: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port(), '127.0.0.1');
    let at = 0;
    socket.write(
      `POST /v1/exhibits HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${announced}\r\n\r\n`,
    );
    const timer = setInterval(() => {
      const piece = pieces[at++];
      if (piece === undefined) clearInterval(timer);
      else socket.write(piece);
    }, everyMs);
    socket.once('data', (answer) => {
      clearInterval(timer);
      socket.destroy();
      resolve(answer.toString('latin1').split('\r\n', 1)[0] ?? '');
    });
    socket.once('error', reject);
  });
}

describe('a JSON body', () => {
  it('is read whole, however it is cut', async () => {
    expect(await slowly(['{"a', '":', '1}'], 20, 7)).toBe('HTTP/1.1 200 OK');
  });

  it('that stalls is given up: 408', async () => {
    patience.stallMs = 200;
    expect(await slowly(['{"a":'], 10, 7)).toBe('HTTP/1.1 408 Request Timeout');
    expect(outcomes).toEqual(['request-timeout']);
  }, 10_000);

  it('that drips is given up too: 408', async () => {
    patience.wholeMs = 400;
    expect(
      await slowly(
        Array.from({ length: 100 }, () => ' '),
        50,
        1000,
      ),
    ).toBe('HTTP/1.1 408 Request Timeout');
  }, 10_000);

  it.each(['gzip', 'br', 'deflate', 'GZIP, identity'])('13 encoded by %s is refused: 415', async (encoding) => {
    expect((await post('/v1/grants', '{}', { 'content-encoding': encoding })).status).toBe(415);
  });

  it('that says it is not encoded is read', async () => {
    expect((await post('/v1/grants', '{}', { 'content-encoding': 'identity' })).status).toBe(200);
  });

  it.each<[name: string, path: string, sizeBytes: number, status: number]>([
    ['a registration of many files', '/v1/exhibits', 1024 * 1024 + 1, 200],
    ['a grant of many files', '/v1/grants', 1024 * 1024 + 1, 200],
    ['a manifest', '/v1/exhibits/00000000-0000-4000-8000-000000000000/manifest', 1024 * 1024 + 1, 200],
    ['anything else', '/v1/agreements', 1024 * 1024, 200],
    ['14 anything else, and a byte more', '/v1/agreements', 1024 * 1024 + 1, 413],
    ['14 a registration beyond its limit', '/v1/exhibits', LARGE_JSON_LIMIT_BYTES + 1, 413],
  ])('%s may be as large as it needs: %s %i → %i', async (_name, path, sizeBytes, status) => {
    expect((await post(path, large(sizeBytes))).status).toBe(status);
  });

  it('that is large is not read for who is not signed in', async () => {
    signedIn = () => Promise.reject(new Problem('unauthenticated'));
    expect((await post('/v1/exhibits', large(2_000_000))).status).toBe(401);
    expect(outcomes).toEqual(['unauthenticated']);
  });

  it('that is large waits, unread, until those before it are answered', async () => {
    const first = post('/v1/exhibits', large(2_000_000), { 'x-hold': '1' });
    while (release.length === 0) await new Promise(setImmediate);
    const second = post('/v1/exhibits', large(2_000_001), { 'x-hold': '1' });
    // Small ones do not wait for it.
    expect((await post('/v1/grants', '{}')).status).toBe(200);
    expect(outcomes).toEqual(['read 2000000', 'read 2']);
    release.shift()?.();
    expect((await first).status).toBe(200);
    while (release.length === 0) await new Promise(setImmediate);
    release.shift()?.();
    expect((await second).status).toBe(200);
    expect(outcomes).toEqual(['read 2000000', 'read 2', 'read 2000001']);
  });
});
