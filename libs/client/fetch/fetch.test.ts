import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testAead, testSha256 } from '../../../test/support/node-primitives.js';
import { StoredFile, sha256 } from '../../../test/support/stored-file.js';
import { CHUNK_SIZE_BYTES, PART_SIZE_BYTES, RetrievalId } from '#domain/evidence';
import { makeHeader, newIdentity, recipientOf } from '#domain/sealing';
import { fetchFile } from './fetch-file.js';
import { InlineOpeningEngine } from './inline-opening.js';
import type { PartialFile } from './opening-engine.js';

const retrievalId = RetrievalId.parse('00000000-0000-4000-8000-000000000001');
const identity = newIdentity();
const engine = new InlineOpeningEngine(testAead, testSha256);

class Stored extends StoredFile {
  constructor(sizeBytes: number) {
    super(sizeBytes, identity);
  }

  fetch(target: PartialFile) {
    const tools = { retrievals: this.retrievals, progress: { advance: () => undefined }, engine, aead: testAead };
    return fetchFile({ retrievalId, file: this.file, header: this.header }, [identity], target, tools);
  }
}

class MemoryFile implements PartialFile {
  content: Buffer;
  finished = false;

  constructor(left: Uint8Array = new Uint8Array(0)) {
    this.content = Buffer.from(left);
  }
  sizeBytes = () => Promise.resolve(this.content.length);
  async *read(sizeBytes: number) {
    yield await Promise.resolve(this.content.subarray(0, sizeBytes));
  }
  continueAt(sizeBytes: number) {
    const pieces = [this.content.subarray(0, sizeBytes)];
    const keep = () => {
      this.content = Buffer.concat(pieces);
      return Promise.resolve();
    };
    return Promise.resolve({
      append: (piece: Uint8Array) => Promise.resolve(void pieces.push(Buffer.from(piece))),
      close: keep,
    });
  }
  finish() {
    this.finished = true;
    return Promise.resolve();
  }
}

describe('fetching a file', () => {
  it.each([
    ['nothing', 0],
    ['one byte', 1],
    ['a payload chunk', 65_536],
    ['a payload chunk and one', 65_537],
    ['an object of one tree chunk', CHUNK_SIZE_BYTES - 16 - 16 * 16],
    ['an object of one tree chunk and one', CHUNK_SIZE_BYTES - 16 - 16 * 16 + 1],
    ['a window and one', PART_SIZE_BYTES - 16 - 256 * 16 + 1],
    ['many windows', 70_000_000],
  ])('gives back %s', async (_, sizeBytes) => {
    const stored = new Stored(sizeBytes);
    const target = new MemoryFile();
    await stored.fetch(target);
    expect(target.finished).toBe(true);
    expect(target.content.equals(stored.content)).toBe(true);
  });

  it('asks again from the byte where an answer broke off', async () => {
    const stored = new Stored(20_000_000);
    stored.cutAfterBytes = 3_000_001;
    const target = new MemoryFile();
    await stored.fetch(target);
    expect(target.content.equals(stored.content)).toBe(true);
    expect(stored.sentBytes).toBe(stored.object.length);
  });

  it.each([1, 65_536, 65_537, 1_048_576, 17_000_000, 19_999_999, 20_000_000])(
    'goes on from %d bytes that an earlier attempt left',
    async (left) => {
      const stored = new Stored(20_000_000);
      const target = new MemoryFile(stored.content.subarray(0, left));
      await stored.fetch(target);
      expect(target.content.equals(stored.content)).toBe(true);
      const kept = Math.floor(Math.min(left, 19_999_999) / 65_536) * 65_536;
      expect(stored.sentBytes).toBeLessThanOrEqual(stored.object.length - kept + CHUNK_SIZE_BYTES + 16);
    },
  );

  it('keeps what has arrived when it is refused on the way, and goes on from there later', async () => {
    const stored = new Stored(60_000_000);
    stored.refuseAfterBytes = 30_000_000;
    const target = new MemoryFile();
    await expect(stored.fetch(target)).rejects.toMatchObject({ code: 'forbidden' });
    expect(target.finished).toBe(false);
    expect(stored.content.subarray(0, target.content.length).equals(target.content)).toBe(true);
    stored.refuseAfterBytes = Infinity;
    await stored.fetch(target);
    expect(target.content.equals(stored.content)).toBe(true);
  });

  it('starts anew when what was left is not what was written', async () => {
    const stored = new Stored(5_000_000);
    const target = new MemoryFile(randomBytes(2_000_000));
    await stored.fetch(target);
    expect(target.content.equals(stored.content)).toBe(true);
  });

  it.each([0, 15, 16, 65_551, 65_552, CHUNK_SIZE_BYTES - 1, CHUNK_SIZE_BYTES, 18_000_000, -1])(
    'writes nothing of a chunk in which byte %d was changed',
    async (at) => {
      const stored = new Stored(20_000_000);
      const index = at < 0 ? stored.object.length + at : at;
      stored.object[index] = stored.object[index]! ^ 1;
      const target = new MemoryFile();
      const chunk = Math.floor(index / CHUNK_SIZE_BYTES);
      await expect(stored.fetch(target)).rejects.toMatchObject({
        code: 'chunk-mismatch',
        message: expect.stringContaining(`chunk ${chunk} `),
      });
      expect(target.finished).toBe(false);
      expect(target.content.length).toBeLessThanOrEqual(chunk * CHUNK_SIZE_BYTES);
    },
  );

  it.each<[string, string, (stored: Stored) => void]>([
    ['chunk-tree-mismatch', 'a leaf hash of another chunk', ({ leaves }) => void (leaves[40] = leaves[40]! ^ 1)],
    ['chunk-tree-mismatch', 'a leaf hash too few', (stored) => void (stored.leaves = stored.leaves.subarray(32))],
    ['chunk-tree-mismatch', 'no leaf hashes', (stored) => void (stored.leaves = new Uint8Array(0))],
    ['digest-mismatch', 'another digest in the manifest', ({ file }) => void (file.sha256 = sha256(randomBytes(1)))],
    [
      'cannot-open',
      'another nonce in the manifest',
      ({ file }) => void (file.payloadNonceSha256 = sha256(randomBytes(1))),
    ],
  ])('is refused (%s) with %s', async (code, _, spoil) => {
    const stored = new Stored(3_000_000);
    spoil(stored);
    const target = new MemoryFile();
    await expect(stored.fetch(target)).rejects.toMatchObject({ code });
    expect(target.finished).toBe(false);
  });

  it('is refused with a header for somebody else', async () => {
    const stored = new Stored(10);
    const header = Buffer.from(makeHeader(randomBytes(16), [recipientOf(newIdentity())], testAead)).toString('base64');
    const wanted = { retrievalId, file: stored.file, header };
    const tools = { retrievals: stored.retrievals, progress: { advance: () => undefined }, engine, aead: testAead };
    await expect(fetchFile(wanted, [identity], new MemoryFile(), tools)).rejects.toMatchObject({ code: 'cannot-open' });
    expect(stored.requests).toBe(0);
  });
});
