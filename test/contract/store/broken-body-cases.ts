import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import type { Upload } from '#server/storage';
import { codeOf } from '../../support/code-of.js';
import {
  digestOf,
  freshKey,
  hex,
  PART,
  putPart,
  sample,
  sha256,
  streamOf,
  type StoreUnderTest,
} from './store-under-test.js';

/**
 * A part whose body is not what was announced, or breaks, does not count: and putPart says so rather than wait for
 * ever.
 */
export function brokenBodyCases(given: () => StoreUnderTest): void {
  const bytes = sample('body', PART);
  const begin = (): Promise<Upload> =>
    given().store.beginUpload(freshKey(), { sealedSizeBytes: PART, partSizeBytes: PART });

  const bodies: [name: string, body: () => Readable | AsyncIterable<Uint8Array>, code: string][] = [
    ['ends early', () => streamOf(bytes.subarray(0, PART - 1)), 'short-body'],
    ['is empty', () => streamOf(Buffer.of()), 'short-body'],
    ['is a byte too long', () => streamOf(Buffer.concat([bytes, Buffer.of(1)])), 'long-body'],
    ['is much too long', () => streamOf(Buffer.concat([bytes, bytes])), 'long-body'],
    [
      'has one bit changed',
      () => streamOf(Buffer.concat([Buffer.of(bytes[0]! ^ 1), bytes.subarray(1)])),
      'digest-mismatch',
    ],
    [
      'has its last bit changed',
      () => streamOf(Buffer.concat([bytes.subarray(0, -1), Buffer.of(bytes.at(-1)! ^ 1)])),
      'digest-mismatch',
    ],
    ['fails at once', () => failing(0), 'source-failed'],
    ['fails half-way', () => failing(PART / 2), 'source-failed'],
    ['fails after its last byte', () => failing(PART), 'source-failed'],
    ['is an iterable that throws', () => throwing(), 'source-failed'],
    ['was over before', () => streamOf(bytes).destroy(), 'source-failed'],
    ['is destroyed half-way without a word', () => vanishing(), 'source-failed'],
  ];

  it.each(bodies)('does not count a part whose body %s', async (_, body, code) => {
    const { store } = given();
    const upload = await begin();
    const attempt = store.putPart(upload, 1, PART, body(), { sha256: sha256(bytes) });
    expect(await codeOf(() => attempt)).toBe(code);
    expect(await store.listParts(upload)).toEqual([]);
    const part = await putPart(store, upload, 1, bytes);
    const { versionId } = await store.completeUpload(upload, [part]);
    expect(await digestOf(store, upload.key, versionId)).toBe(hex(bytes));
  });

  it.each(bodies.slice(0, 1).concat(bodies.slice(4, 5), bodies.slice(7, 8)))(
    'never shows a part as held after a replacement whose body %s',
    async (_, body, code) => {
      const { store } = given();
      const upload = await begin();
      const earlier = await putPart(store, upload, 1, sample('earlier', PART));
      const attempt = store.putPart(upload, 1, PART, body(), { sha256: sha256(bytes) });
      expect(await codeOf(() => attempt)).toBe(code);
      const left = await store.listParts(upload);
      expect([[], [earlier]]).toContainEqual(left);
      if (left.length > 0) {
        const { versionId } = await store.completeUpload(upload, left);
        expect(await digestOf(store, upload.key, versionId)).toBe(hex(sample('earlier', PART)));
      }
    },
  );

  it('leaves the request of a refused part answerable', async () => {
    const { store } = given();
    const upload = await begin();
    const server = createServer((incoming, answer) => {
      store.putPart(upload, 1, PART, incoming, { sha256: sha256(Buffer.of()) }).then(
        () => answer.writeHead(200).end(),
        (error: unknown) => answer.writeHead(422).end((error as { code: string }).code),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    // Longer than announced to the store, so that it is refused while the sender still sends.
    const sent = request({ port, host: '127.0.0.1', method: 'PUT', headers: { 'content-length': 3 * PART } });
    streamOf(Buffer.concat([bytes, bytes, bytes])).pipe(sent);
    const [response] = (await once(sent, 'response')) as [Readable & { statusCode: number }];
    expect(response.statusCode).toBe(422);
    expect(String((await response.toArray())[0])).toBe('long-body');
    sent.destroy();
    server.close();
  });

  function failing(afterBytes: number): Readable {
    const source = streamOf(bytes.subarray(0, afterBytes));
    const read = source._read.bind(source);
    let given = 0;
    source._read = (size) => {
      if (given >= afterBytes) {
        source.destroy(new Error('the sender is gone'));
        return;
      }
      given += 64 * 1024;
      read(size);
    };
    return source;
  }

  function vanishing(): Readable {
    const source = streamOf(bytes);
    let seen = 0;
    const push = source.push.bind(source);
    source.push = (chunk: Uint8Array | null) => {
      seen += chunk?.byteLength ?? 0;
      if (seen > PART / 2) source.destroy();
      return push(chunk);
    };
    return source;
  }

  async function* throwing(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 100_000);
    await Promise.resolve();
    throw new Error('the sender is gone');
  }
}
