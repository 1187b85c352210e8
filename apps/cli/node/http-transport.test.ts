import { once } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ConnectionLost } from '#client/api';
import { type HttpTransport, nodeTransport } from './http-transport.js';

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function serving(answer: (request: IncomingMessage, response: ServerResponse) => void, silenceMs?: number) {
  const server: Server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const transport: HttpTransport = nodeTransport(silenceMs);
  closers.push(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, send: transport.send };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

describe('HTTP by Node', () => {
  it('sends a body as it is, with its length, and gives the answer', async () => {
    const { url, send } = await serving((request, response) => {
      void bodyOf(request).then((body) => {
        response.setHeader('x-length', request.headers['content-length'] ?? '');
        response.writeHead(201).end(body);
      });
    });
    const body = Buffer.from(new SharedArrayBuffer(100_000)).fill(7);
    const response = await send({ method: 'PUT', url, headers: { 'content-type': 'application/octet-stream' }, body });
    expect(response.status).toBe(201);
    expect(response.header('x-length')).toBe('100000');
    expect(response.header('x-other')).toBeNull();
    expect(Buffer.compare(await response.bytes(), body)).toBe(0);
  });

  it('keeps its connections', async () => {
    const ports = new Set<number | undefined>();
    const { url, send } = await serving((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('x');
    });
    for (let count = 0; count < 5; count++) await (await send({ method: 'GET', url, headers: {} })).bytes();
    expect(ports.size).toBe(1);
  });

  it('gives the answer of a server that would not hear all of it', async () => {
    const { url, send } = await serving((_request, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large');
    });
    const response = await send({ method: 'PUT', url, headers: {}, body: Buffer.alloc(50_000_000) }).catch(
      (cause: unknown) => cause,
    );
    // The connection may be reset before the answer is read: then it is told as lost.
    if (response instanceof ConnectionLost) return;
    expect(response).toMatchObject({ status: 413 });
  });

  it('does not follow a redirect', async () => {
    const { url, send } = await serving((_request, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    );
    expect((await send({ method: 'GET', url, headers: {} })).status).toBe(302);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['resets before the answer', (request) => request.socket.resetAndDestroy()],
    ['closes before the answer', (request) => request.socket.end()],
    ['says nothing', () => undefined],
    [
      'cuts the answer off',
      (request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('half', () => request.socket.destroy());
      },
    ],
    [
      'falls silent within the answer',
      (_request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('half');
      },
    ],
  ])('tells a connection lost to a server that %s', async (_, answer) => {
    const { url, send } = await serving(answer, 300);
    const read = async () => (await send({ method: 'GET', url, headers: {} })).bytes();
    await expect(read()).rejects.toBeInstanceOf(ConnectionLost);
  });

  it('tells a connection lost where nobody listens, and a name that is none', async () => {
    const transport = nodeTransport();
    for (const url of ['http://127.0.0.1:1/', 'http://amana.invalid/']) {
      await expect(transport.send({ method: 'GET', url, headers: {} })).rejects.toBeInstanceOf(ConnectionLost);
    }
  });

  it('stops when it is told to, in the words of who told it', async () => {
    const { url, send } = await serving((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('half');
    });
    const stop = new AbortController();
    const response = await send({ method: 'GET', url, headers: {}, signal: stop.signal });
    const reading = response.bytes();
    stop.abort(new Error('given up'));
    await expect(reading).rejects.toThrow('given up');
    await expect(send({ method: 'GET', url, headers: {}, signal: stop.signal })).rejects.toThrow('given up');
  });
});
