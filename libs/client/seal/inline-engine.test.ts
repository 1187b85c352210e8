import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testAead, testFurtherHashes, testSha256 } from '../../../test/support/node-primitives.js';
import { md5, sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { type Aead, ChunkTreeBuilder, sealPayload, sealedSizeBytes } from '#domain/sealing';
import { InlineEngine } from './inline-engine.js';
import type { SealedPart } from './sealing-engine.js';
import type { SourceFile } from './source-file.js';

/** A cipher that costs nothing: what is tested here is how bytes are cut and joined, and large files of it. */
const copying: Aead = {
  seal(_key, nonce, plaintext, out = new Uint8Array(plaintext.length + 16)) {
    out.set(plaintext);
    out.fill(nonce[11] ?? 0, plaintext.length);
    out[plaintext.length] = nonce[10] ?? 0;
    return out;
  },
  open: () => {
    throw new Error('not needed');
  },
};
const fileKey = randomBytes(16);
const payloadNonce = randomBytes(16);

function source(content: Uint8Array, pieceBytes: number, announced = content.length): SourceFile {
  return {
    name: 'phone.img',
    mediaType: 'application/octet-stream',
    sizeBytes: announced,
    async *read() {
      for (let at = 0; at < content.length; at += pieceBytes)
        yield await Promise.resolve(content.subarray(at, at + pieceBytes));
    },
  };
}

function reference(content: Uint8Array, aead: Aead): Uint8Array {
  const sealer = sealPayload(fileKey, payloadNonce, aead);
  return Buffer.concat([sealer.update(content), sealer.finish()]);
}

async function sealAll(content: Uint8Array, pieceBytes: number, aead: Aead) {
  const engine = new InlineEngine({ aead, sha256: testSha256, further: testFurtherHashes });
  const parts: SealedPart[] = [];
  const job = {
    source: source(content, pieceBytes),
    fileKey,
    payloadNonce,
    furtherHashes: ['md5', 'sha1', 'sha512'] as const,
  };
  const sealed = await engine.seal(job, async (part) => {
    parts.push({ ...part, bytes: new Uint8Array(part.bytes) });
    await Promise.resolve();
  });
  return { sealed, parts };
}

/** Plaintext sizes whose sealed object ends near a part's end. */
const plainNearPart = PART_SIZE_BYTES - 16 - 256 * 16;

describe('sealing a file into parts', () => {
  it.each([
    ['nothing', 0, 1000],
    ['one byte', 1, 1000],
    ['a chunk less one', 65_535, 1000],
    ['a chunk', 65_536, 65_536],
    ['a chunk and one', 65_537, 7],
    ['some chunks, in odd pieces', 300_001, 77_777],
  ])('makes the object that age knows, of %s', async (_, sizeBytes, pieceBytes) => {
    const content = randomBytes(sizeBytes);
    const { sealed, parts } = await sealAll(content, pieceBytes, testAead);
    expect(Buffer.concat(parts.map(({ bytes }) => bytes)).equals(reference(content, testAead))).toBe(true);
    expect(sealed.sha256).toEqual(sha256(content));
    expect(sealed.furtherHashes).toEqual({ md5: md5(content), sha1: sha1(content), sha512: sha512(content) });
  });

  it.each([
    ['a part less one', plainNearPart - 1],
    ['a part exactly', plainNearPart],
    ['a part and one', plainNearPart + 1],
    ['two parts and a half', 40 * 1024 * 1024],
  ])('cuts %s where parts end', async (_, sizeBytes) => {
    const content = randomBytes(sizeBytes);
    const { sealed, parts } = await sealAll(content, 1024 * 1024, copying);
    const whole = Buffer.concat(parts.map(({ bytes }) => bytes));
    expect(whole.equals(reference(content, copying))).toBe(true);
    expect(whole.length).toBe(sealedSizeBytes(sizeBytes));
    expect(parts.map(({ number }) => number)).toEqual(parts.map((_part, at) => at + 1));
    for (const { bytes } of parts.slice(0, -1)) expect(bytes).toHaveLength(PART_SIZE_BYTES);
    expect(parts.at(-1)?.bytes.length).toBeGreaterThan(0);
    for (const part of parts)
      expect(Buffer.from(part.sha256).equals(createHash('sha256').update(part.bytes).digest())).toBe(true);
    const tree = new ChunkTreeBuilder(testSha256);
    tree.update(whole);
    expect(sealed.leafHashes).toEqual(tree.finish().leafHashes);
  });

  it.each([
    ['grew', 100, 99],
    ['shrank', 100, 101],
    ['is empty now', 0, 5],
  ])('refuses a source that %s since it was announced', async (_, sizeBytes, announced) => {
    const engine = new InlineEngine({ aead: testAead, sha256: testSha256, further: testFurtherHashes });
    const job = { source: source(randomBytes(sizeBytes), 10, announced), fileKey, payloadNonce, furtherHashes: [] };
    await expect(engine.seal(job, () => Promise.resolve())).rejects.toMatchObject({ code: 'source-changed' });
  });

  it('stops at the first part that cannot be handed on, and seals the next file all the same', async () => {
    const engine = new InlineEngine({ aead: copying, sha256: testSha256, further: testFurtherHashes });
    const job = (sizeBytes: number) => ({
      source: source(randomBytes(sizeBytes), 1 << 20),
      fileKey,
      payloadNonce,
      furtherHashes: [],
    });
    let handed = 0;
    const failing = engine.seal(job(200 * 1024 * 1024), () => {
      handed += 1;
      return handed === 2 ? Promise.reject(new Error('no route')) : Promise.resolve();
    });
    const following = engine.seal(job(10), () => Promise.resolve());
    await expect(failing).rejects.toThrow('no route');
    await expect(following).resolves.toMatchObject({ sizeBytes: 10 });
    expect(handed).toBeLessThan(5);
  });

  it('holds back while parts are in flight', async () => {
    const engine = new InlineEngine({ aead: copying, sha256: testSha256, further: testFurtherHashes });
    const releases: (() => void)[] = [];
    let most = 0;
    const sealing = engine.seal(
      { source: source(randomBytes(120 * 1024 * 1024), 1 << 20), fileKey, payloadNonce, furtherHashes: [] },
      () =>
        new Promise<void>((resolve) => {
          releases.push(resolve);
          most = Math.max(most, releases.length);
          if (releases.length === 4) setImmediate(() => releases.splice(0).forEach((release) => release()));
          else if (most === 4) setImmediate(() => releases.splice(0).forEach((release) => release()));
        }),
    );
    await sealing;
    expect(most).toBe(4);
  });
});
