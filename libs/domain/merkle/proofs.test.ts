import { hash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberedLeafHashes, ReferenceTree } from '../../../test/support/reference-tree.js';
import { TileShelf } from '../../../test/support/tile-shelf.js';
import { proveConsistency, proveInclusion, rootFromTiles } from './prove.js';
import { RightEdge } from './right-edge.js';
import type { HashReader } from './tile-reader.js';
import { nodeHash } from './tree-hash.js';
import { growTree } from './tree-growth.js';
import { verifyConsistency, verifyGrowth, verifyInclusion } from './verify-proof.js';

const nodeSha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const SIZE = 600;
/** Every size of a small tree, and those around the edges of tiles. */
const sizes = [...Array.from({ length: 20 }, (_, at) => at + 1), 63, 64, 65, 255, 256, 257, 511, 512, 513, SIZE];
const leaves = numberedLeafHashes(SIZE);
const reference = new ReferenceTree(leaves);
const shelf = new TileShelf();

beforeAll(() => shelf.put(growTree(new RightEdge(), [], leaves).tiles));

describe('inclusion proofs', () => {
  it('out of tiles are those of the reference, and verify: leaves of many sizes', async () => {
    for (const size of sizes) {
      for (let index = 0; index < size; index += size > 70 ? 17 : 1) {
        const proof = await proveInclusion(index, size, shelf, nodeSha256);
        expect(proof.map((hash) => Uint8Array.from(hash))).toEqual(reference.inclusionProof(index, size));
      }
      expect(Uint8Array.from(await rootFromTiles(size, shelf, nodeSha256))).toEqual(reference.root(size));
    }
  });

  it('verify for every fifth leaf of every size up to 600, beginning elsewhere each time', () => {
    for (let size = 1; size <= SIZE; size++) {
      const root = reference.root(size);
      for (let index = size % 5; index < size; index += 5) {
        verifyInclusion(index, size, leaves[index]!, reference.inclusionProof(index, size), root, nodeSha256);
      }
    }
  });

  it('verify for no other index, size, leaf or root', () => {
    const anySize = fc.integer({ min: 1, max: SIZE });
    fc.assert(
      fc.property(anySize, fc.nat(), anySize, fc.nat(SIZE - 1), (size, leaf, otherSize, otherIndex) => {
        const index = leaf % size;
        const proof = reference.inclusionProof(index, size);
        const root = reference.root(size);
        verifyInclusion(index, size, leaves[index]!, proof, root);
        const refused = expect.objectContaining({ name: 'ProofError' });
        if (otherIndex !== index) {
          expect(() => verifyInclusion(otherIndex, size, leaves[index]!, proof, root)).toThrow(refused);
          expect(() => verifyInclusion(index, size, leaves[otherIndex]!, proof, root)).toThrow(refused);
        }
        if (otherSize !== size) {
          expect(() => verifyInclusion(index, size, leaves[index]!, proof, reference.root(otherSize))).toThrow(refused);
        }
        expect(() => verifyInclusion(index, size, leaves[index]!, [...proof, root], root)).toThrow(refused);
        if (size > 1) expect(() => verifyInclusion(index, size, leaves[index]!, proof.slice(1), root)).toThrow(refused);
        if (size > 1)
          expect(() => verifyInclusion(index, size, leaves[index]!, proof.slice(0, -1), root)).toThrow(refused);
      }),
      { numRuns: 200 },
    );
  });

  it('are refused with any one bit changed', () => {
    const proof = reference.inclusionProof(4, 11);
    const changed = bytesOf(proof, (mutated) => () => verifyInclusion(4, 11, leaves[4]!, mutated, reference.root(11)));
    for (const verify of changed) expect(verify).toThrow(expect.objectContaining({ code: 'root-mismatch' }));
    expect(changed.length).toBe(proof.length * 32 * 8);
  });

  it.each([
    ['an index at the size', 5, 5, 'bad-index'],
    ['a negative index', -1, 5, 'bad-index'],
    ['a fraction', 0.5, 5, 'bad-index'],
    ['an empty tree', 0, 0, 'bad-index'],
    ['a size beyond 2^53', 0, 2 ** 53, 'bad-size'],
    ['a size that is no number', 0, NaN, 'bad-size'],
    ['a negative size', 0, -1, 'bad-size'],
  ])('are neither made nor accepted for %s', async (_, index, size, code) => {
    expect(() => verifyInclusion(index, size, leaves[0]!, [], leaves[0]!)).toThrow(expect.objectContaining({ code }));
    await expect(proveInclusion(index, size, shelf)).rejects.toMatchObject({ code });
  });

  it('say whether it is the length or a hash that is wrong', () => {
    const proof = reference.inclusionProof(4, 11);
    const verify = (wrong: Uint8Array[]) => () => verifyInclusion(4, 11, leaves[4]!, wrong, reference.root(11));
    expect(verify([])).toThrow(expect.objectContaining({ code: 'wrong-proof-length' }));
    expect(verify([...proof, proof[0]!])).toThrow(expect.objectContaining({ code: 'wrong-proof-length' }));
    expect(verify([proof[1]!, proof[0]!, ...proof.slice(2)])).toThrow(
      expect.objectContaining({ code: 'root-mismatch' }),
    );
    expect(verify([proof[0]!.subarray(1), ...proof.slice(1)])).toThrow(expect.objectContaining({ code: 'bad-hash' }));
    expect(() => verifyInclusion(0, 1, leaves[0]!.subarray(1), [], leaves[0]!.subarray(1))).toThrow(
      expect.objectContaining({ code: 'bad-hash' }),
    );
  });
});

describe('consistency proofs', () => {
  it('out of tiles are those of the reference, and verify: between many sizes', async () => {
    for (const newer of sizes) {
      for (const older of sizes.filter((size) => size <= newer)) {
        const proof = (await proveConsistency(older, newer, shelf, nodeSha256)).map((hash) => Uint8Array.from(hash));
        expect(proof).toEqual(reference.consistencyProof(older, newer));
        verifyConsistency(older, newer, proof, reference.root(older), reference.root(newer), nodeSha256);
      }
    }
  });

  it('verify for no other sizes or roots', () => {
    const anySize = fc.integer({ min: 1, max: SIZE });
    const refused = expect.objectContaining({ name: 'ProofError' });
    fc.assert(
      fc.property(anySize, anySize, anySize, (a, b, other) => {
        const [older, newer] = [Math.min(a, b), Math.max(a, b)];
        const proof = reference.consistencyProof(older, newer);
        const [root1, root2] = [reference.root(older), reference.root(newer)];
        verifyConsistency(older, newer, proof, root1, root2);
        verifyGrowth({ size: older, root: root1 }, { size: newer, root: root2 }, proof);
        if (other !== older) {
          expect(() => verifyConsistency(older, newer, proof, reference.root(other), root2)).toThrow(refused);
          expect(() => verifyConsistency(other, newer, proof, root1, root2)).toThrow(refused);
        }
        if (other !== newer) {
          expect(() => verifyConsistency(older, newer, proof, root1, reference.root(other))).toThrow(refused);
        }
        expect(() => verifyConsistency(older, newer, [...proof, root1], root1, root2)).toThrow(refused);
        if (older < newer) {
          expect(() => verifyConsistency(older, newer, proof.slice(1), root1, root2)).toThrow(refused);
          expect(() => verifyConsistency(older, newer, proof.slice(0, -1), root1, root2)).toThrow(refused);
          expect(() => verifyConsistency(newer, older, proof, root2, root1)).toThrow(refused);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [6, 11],
    [8, 11],
  ])('from %d to %d are refused with any one bit changed', (older, newer) => {
    const [root1, root2] = [reference.root(older), reference.root(newer)];
    const proof = reference.consistencyProof(older, newer);
    const changed = bytesOf(proof, (mutated) => () => verifyConsistency(older, newer, mutated, root1, root2));
    for (const verify of changed) expect(verify).toThrow(expect.objectContaining({ code: 'root-mismatch' }));
  });

  it('show a fork', () => {
    const forked = new ReferenceTree([...leaves.slice(0, 5), ...leaves.slice(6, 20)]);
    const proof = forked.consistencyProof(8, 12);
    expect(() => verifyConsistency(8, 12, proof, reference.root(8), forked.root(12))).toThrow(
      expect.objectContaining({ code: 'root-mismatch' }),
    );
  });

  it('are empty from the empty tree, and then prove nothing', async () => {
    expect(await proveConsistency(0, 9, shelf)).toEqual([]);
    for (const size of [0, 9]) {
      expect(() => verifyConsistency(0, size, [], reference.root(0), reference.root(size))).toThrow(
        expect.objectContaining({ code: 'bad-size' }),
      );
    }
  });

  it('let a log grow from the empty head, and only from that', () => {
    const head = (size: number) => ({ size, root: reference.root(size) });
    verifyGrowth(head(0), head(0), []);
    verifyGrowth(head(0), head(9), []);
    const mismatch = expect.objectContaining({ code: 'root-mismatch' });
    expect(() => verifyGrowth({ size: 0, root: leaves[0]! }, head(9), [])).toThrow(mismatch);
    expect(() => verifyGrowth(head(0), { size: 0, root: leaves[0]! }, [])).toThrow(mismatch);
    expect(() => verifyGrowth(head(0), head(9), [leaves[0]!])).toThrow(
      expect.objectContaining({ code: 'wrong-proof-length' }),
    );
    expect(() => verifyGrowth(head(9), head(0), [])).toThrow(expect.objectContaining({ code: 'bad-size' }));
  });

  it.each([
    [2, 1],
    [-1, 1],
    [1, 2 ** 53],
    [1.5, 2],
  ])('are not made from %d to %d', async (older, newer) => {
    await expect(proveConsistency(older, newer, shelf)).rejects.toMatchObject({ code: 'bad-size' });
  });
});

describe('tiles', () => {
  it('are read once each, two a level at most', async () => {
    const tiles = new TileShelf();
    tiles.put(growTree(new RightEdge(), [], leaves).tiles);
    await proveInclusion(300, SIZE, tiles);
    expect([...tiles.reads].sort()).toEqual(['tile/0/001', 'tile/0/002.p/88', 'tile/1/000.p/2']);
  });

  it.each([0, 31, 33, 64])('that are %d bytes instead of 32 are refused', async (length) => {
    const reader: HashReader = { readTile: async () => new Uint8Array(length) };
    await expect(rootFromTiles(1, reader)).rejects.toMatchObject({ code: 'bad-tile' });
    await expect(proveInclusion(0, 2, { readTile: async () => new Uint8Array(32) })).rejects.toMatchObject({
      code: 'bad-tile',
    });
  });

  it('that cannot be read fail the proof with the reader’s own error', async () => {
    await expect(proveInclusion(0, 9, new TileShelf())).rejects.toThrow('no tile/0/000.p/9');
  });

  it('with any one bit changed have another root', async () => {
    const { tiles, edge } = growTree(new RightEdge(), [], leaves.slice(0, 5));
    const golden = tiles[0]!.bytes;
    const changed = bytesOf(
      [golden],
      ([bytes]) =>
        () =>
          rootFromTiles(5, { readTile: async () => bytes! }),
    );
    expect(changed).toHaveLength(5 * 32 * 8);
    for (const root of changed) expect(await root()).not.toEqual(edge.root());
  });
});

describe('a log as large as a number can count', () => {
  // All leaves equal, so a node depends on its height alone and the whole log fits into 57 hashes.
  const perfect = [leaves[0]!];
  for (let height = 1; height < 57; height++) perfect.push(nodeHash(perfect.at(-1)!, perfect.at(-1)!));
  const endless: HashReader = {
    readTile: async (level, _, width) => Buffer.concat(Array.from({ length: width }, () => perfect[8 * level]!)),
  };
  const largest = Number.MAX_SAFE_INTEGER;

  it.each([0, 1, 2 ** 31, 2 ** 32 + 1, 2 ** 52 - 1, 2 ** 52, largest - 1])('proves leaf %d', async (index) => {
    const root = await rootFromTiles(largest, endless, nodeSha256);
    const proof = await proveInclusion(index, largest, endless, nodeSha256);
    verifyInclusion(index, largest, leaves[0]!, proof, root);
    expect(() => verifyInclusion(index, largest, leaves[1]!, proof, root)).toThrow();
    expect(() => verifyInclusion(index, largest, leaves[0]!, proof.slice(1), root)).toThrow();
  });

  it.each([1, 2 ** 31 + 5, 2 ** 32, 2 ** 52, largest - 1])('proves growth from %d', async (older) => {
    const [root1, root2] = [await rootFromTiles(older, endless), await rootFromTiles(largest, endless)];
    const proof = await proveConsistency(older, largest, endless, nodeSha256);
    verifyConsistency(older, largest, proof, root1, root2);
    expect(() => verifyConsistency(older + 1, largest, proof, root1, root2)).toThrow();
  });
});

/** What `make` gives for every single bit changed in `parts`. */
function bytesOf<T>(parts: readonly Uint8Array[], make: (mutated: Uint8Array[]) => T): T[] {
  return parts.flatMap((part, which) =>
    Array.from({ length: part.length * 8 }, (_, bit) => {
      const mutated = Uint8Array.from(part);
      mutated[bit >> 3]! ^= 1 << (bit & 7);
      return make(parts.map((other, at) => (at === which ? mutated : other)));
    }),
  );
}
