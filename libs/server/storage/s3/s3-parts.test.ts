import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { S3Client } from './s3-client.js';
import { sendPart, type DigestCheck } from './s3-parts.js';

// A bare HTTP server in the place of the store: what no real one does on demand, and what it got to see.
let server: Server;
let client: S3Client;

async function storeThat(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<void> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const access = { accessKey: 'key', secretKey: 'hush', region: 'us-east-1', bucket: 'bucket' };
  client = new S3Client({ host: '127.0.0.1', port, tls: false, ...access });
}

afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

const SIZE = 4_000_000;
const bytes = Buffer.alloc(SIZE, 7);
const digest = createHash('sha256').update(bytes).digest();
const target = { bucket: 'bucket', key: 'a/b', uploadId: 'id', number: 3, sizeBytes: SIZE };
const body = (): Readable =>
  Readable.from(Array.from({ length: 40 }, (_, n) => bytes.subarray(n * 100_000, (n + 1) * 100_000)));
const send = (source: Readable, check: DigestCheck, stallMs?: number): Promise<string> =>
  sendPart(client, target, source, check, stallMs);

describe('sending a part', () => {
  it('signs for the digest where the store checks it', async () => {
    const seen: Record<string, unknown>[] = [];
    await storeThat((request, response) => {
      seen.push({ url: request.url, ...request.headers });
      request.resume().on('end', () => response.setHeader('etag', '"tag"').end());
    });
    expect(await send(body(), { by: 'store', sha256: digest })).toBe('tag');
    expect(seen).toMatchObject([
      {
        url: '/bucket/a/b?partNumber=3&uploadId=id',
        'content-length': String(SIZE),
        'x-amz-content-sha256': digest.toString('hex'),
        authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=key\/.*x-amz-content-sha256/) as unknown,
      },
    ]);
  });

  it('keeps the last bytes back from a store that does not check, unless the digest is right', async () => {
    const received: number[] = [];
    await storeThat((request, response) => {
      const index = received.push(0) - 1;
      expect(request.headers['x-amz-content-sha256']).toBe('UNSIGNED-PAYLOAD');
      request.on('data', (chunk: Buffer) => (received[index] = (received[index] ?? 0) + chunk.byteLength));
      request.on('error', () => undefined).on('end', () => response.setHeader('etag', '"tag"').end());
    });
    const wrong = Buffer.from(digest).fill(0, 0, 1);
    await expect(send(body(), { by: 'us', sha256: wrong })).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(await send(body(), { by: 'us', sha256: digest })).toBe('tag');
    expect(received[0]).toBeLessThan(SIZE);
    expect(received[1]).toBe(SIZE);
  });

  it.each([
    [503, 'SlowDown', 'unreachable'],
    [500, 'InternalError', 'unreachable'],
    [507, '', 'full'],
    [403, 'AccessDenied', 'denied'],
    [403, 'QuotaExceeded', 'full'],
    [404, 'NoSuchUpload', 'not-found'],
    [400, 'XAmzContentSHA256Mismatch', 'digest-mismatch'],
    [400, 'BadDigest', 'digest-mismatch'],
    [418, 'Teapot', 'unexpected-answer'],
  ])('stops sending when the store answers %i %s early', async (status, s3Code, code) => {
    await storeThat((_, response) => response.writeHead(status).end(`<Error><Code>${s3Code}</Code></Error>`));
    const source = new PassThrough();
    source.write('the beginning');
    await expect(send(source, { by: 'nobody' })).rejects.toMatchObject({ code });
    expect(source.destroyed).toBe(false);
  });

  it('says unreachable when the store hangs up', async () => {
    await storeThat((request) => request.once('data', () => request.destroy()));
    await expect(send(body(), { by: 'nobody' })).rejects.toMatchObject({ code: 'unreachable' });
  });

  it.each([
    ['stops reading', (): void => undefined],
    ['does not answer', (request: IncomingMessage): unknown => request.resume()],
  ])('says unreachable when the store %s', async (_, answer) => {
    await storeThat(answer);
    await expect(send(body(), { by: 'nobody' }, 100)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('waits for a source that takes its time', async () => {
    await storeThat((request, response) => request.resume().on('end', () => response.setHeader('etag', '"tag"').end()));
    const source = new PassThrough();
    const sent = send(source, { by: 'us', sha256: digest }, 300);
    source.write(bytes.subarray(1));
    await delay(1_000);
    source.end(bytes.subarray(0, 1));
    expect(await sent).toBe('tag');
  });
});
