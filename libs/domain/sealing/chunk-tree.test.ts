import { describe, expect, it } from '@jest/globals';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { CHUNK_SIZE_BYTES as CHUNK } from '#domain/evidence';
import { leafHash, rootOf } from '#domain/merkle';
import type { ChunkTree, SealingErrorCode } from './index.js';
import {
  ChunkTreeBuilder,
  SealingError,
  checkChunks,
  chunkTreeRoot,
  decodeLeafHashes,
  encodeLeafHashes,
} from './index.js';

const object = new Uint8Array(3 * CHUNK + 100).map((_, at) => Math.imul(at, 0x9e3779b1) >>> 24);

function treeOf(bytes: Uint8Array, cuts: readonly number[] = []): ChunkTree {
  const builder = new ChunkTreeBuilder(sha256);
  const places = [...cuts].sort((a, b) => a - b);
  for (const [at, end] of [...places, bytes.length].entries()) builder.update(bytes.subarray(places[at - 1] ?? 0, end));
  return builder.finish();
}

function faultOf(act: () => unknown): { code: SealingErrorCode; chunk: number | undefined } {
  try {
    act();
  } catch (error) {
    if (error instanceof SealingError) return { code: error.code, chunk: error.chunk };
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the chunk tree', () => {
  it('is the RFC 6962 tree over 1 MiB leaves, the last of them short', () => {
    const leaves = [0, 1, 2, 3].map((at) => leafHash(object.subarray(at * CHUNK, (at + 1) * CHUNK)));
    const tree = treeOf(object);
    expect(tree.leafHashes).toEqual(leaves);
    expect(tree.root).toEqual(rootOf(leaves));
    expect(tree.sizeBytes).toBe(object.length);
  });

  it('has as many leaves as there are chunks begun', () => {
    for (const [size, leaves] of [
      [1, 1],
      [CHUNK - 1, 1],
      [CHUNK, 1],
      [CHUNK + 1, 2],
      [2 * CHUNK, 2],
    ] as const) {
      expect(treeOf(object.subarray(0, size)).leafHashes).toHaveLength(leaves);
    }
  });

  it('is the same however the object is cut', () => {
    const whole = treeOf(object);
    for (const cuts of [[CHUNK - 1], [1, CHUNK], [CHUNK + 1], [CHUNK - 1, 2 * CHUNK + 1]]) {
      expect(treeOf(object, cuts)).toEqual(whole);
    }
    const cut = fc.oneof(fc.nat(object.length), fc.constantFrom(0, CHUNK, 2 * CHUNK, object.length));
    fc.assert(
      fc.property(fc.array(cut, { maxLength: 6 }), (cuts) => expect(treeOf(object, cuts)).toEqual(whole)),
      { numRuns: 10 },
    );
  });

  it('refuses an object of nothing', () => {
    expect(faultOf(() => treeOf(new Uint8Array(0))).code).toBe('bad-size');
  });

  it('is found again from its leaf hashes as they are kept', () => {
    const { leafHashes, root } = treeOf(object);
    const kept = decodeLeafHashes(encodeLeafHashes(leafHashes));
    expect(kept).toEqual(leafHashes);
    expect(chunkTreeRoot(kept, object.length)).toEqual(root);
  });

  it('refuses leaf hashes that are not as many as the object has chunks', () => {
    const { leafHashes } = treeOf(object);
    for (const size of [0, 3 * CHUNK, 4 * CHUNK + 1]) {
      expect(faultOf(() => chunkTreeRoot(leafHashes, size)).code).toBe('bad-leaves');
    }
    for (const kept of [new Uint8Array(0), new Uint8Array(33)]) {
      expect(faultOf(() => decodeLeafHashes(kept)).code).toBe('bad-leaves');
    }
  });
});

describe('checking chunks', () => {
  const { leafHashes } = treeOf(object);

  it('passes every run of whole chunks', () => {
    for (const [from, to] of [
      [0, 4],
      [0, 1],
      [1, 3],
      [3, 4],
    ] as const) {
      checkChunks({ fromChunk: from, bytes: object.subarray(from * CHUNK, to * CHUNK) }, leafHashes, sha256);
    }
  });

  it('names the chunk in which a byte was altered', () => {
    fc.assert(
      fc.property(fc.nat(object.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = object.slice();
        bytes[at] = (object[at] ?? 0) ^ flip;
        const fault = faultOf(() => checkChunks({ fromChunk: 0, bytes }, leafHashes, sha256));
        expect(fault).toEqual({ code: 'chunk-mismatch', chunk: Math.floor(at / CHUNK) });
      }),
      { numRuns: 8 },
    );
  });

  it.each<[string, number, Uint8Array, number]>([
    ['moved', 0, object.subarray(CHUNK, 2 * CHUNK), 0],
    ['cut short', 1, object.subarray(CHUNK, 2 * CHUNK - 1), 1],
    ['extended', 3, concatBytes(object.subarray(3 * CHUNK), new Uint8Array(1)), 3],
    ['beyond the end', 4, new Uint8Array(1), 4],
  ])('refuses a chunk %s', (_, fromChunk, bytes, chunk) => {
    expect(faultOf(() => checkChunks({ fromChunk, bytes }, leafHashes, sha256))).toEqual({
      code: 'chunk-mismatch',
      chunk,
    });
  });
});
