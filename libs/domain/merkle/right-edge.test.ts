import { describe, expect, it } from '@jest/globals';
import { numberedLeafHashes, ReferenceTree } from '../../../test/support/reference-tree.js';
import { RightEdge } from './right-edge.js';

const leaves = numberedLeafHashes(600);
const reference = new ReferenceTree(leaves);

describe('the right edge of a growing tree', () => {
  it('gives the root at every size up to 600, restored from what it stores each time', () => {
    let edge = new RightEdge();
    expect(edge.root()).toEqual(reference.root(0));
    for (const [at, leaf] of leaves.entries()) {
      edge = new RightEdge(edge.size, edge.hashes);
      edge.append(leaf);
      expect(edge.size).toBe(at + 1);
      expect(edge.root()).toEqual(reference.root(at + 1));
    }
    expect(edge.hashes).toHaveLength(4); // 600 = 512 + 64 + 16 + 8
  });

  it('tells of every perfect subtree as it is completed, and of no other', () => {
    const completed: [size: number, height: number, hash: Uint8Array][] = [];
    const edge = new RightEdge();
    for (const leaf of leaves) edge.append(leaf, (height, hash) => completed.push([edge.size + 1, height, hash]));
    for (const [end, height, hash] of completed) expect(hash).toEqual(reference.root(end, end - 2 ** height));
    expect(completed).toHaveLength(2 * 600 - 4); // a tree of n leaves completes 2n − popcount(n) of them
  });

  it('keeps a clone apart', () => {
    const edge = new RightEdge();
    edge.append(leaves[0]!);
    const clone = edge.clone();
    edge.append(leaves[1]!);
    expect([clone.size, clone.root()]).toEqual([1, reference.root(1)]);
    expect([edge.size, edge.root()]).toEqual([2, reference.root(2)]);
  });

  it('does not change through the state it gave or was given', () => {
    const given = [leaves[0]!];
    const edge = new RightEdge(1, given);
    given.pop();
    (edge.hashes as Uint8Array[]).pop();
    expect(edge.root()).toEqual(reference.root(1));
  });

  it('reaches the last size that is a safe integer and no further', () => {
    const last = Number.MAX_SAFE_INTEGER;
    const edge = new RightEdge(last - 1, Array<Uint8Array>(52).fill(leaves[0]!));
    edge.append(leaves[1]!);
    expect(edge.size).toBe(last);
    expect(() => edge.append(leaves[2]!)).toThrow(expect.objectContaining({ code: 'bad-size' }));
    expect(edge.size).toBe(last);
    expect(edge.hashes).toHaveLength(53);
  });

  const hash = leaves[0]!;
  it.each([
    ['too few hashes', 3, [hash], 'bad-size'],
    ['too many hashes', 4, [hash, hash], 'bad-size'],
    ['a negative size', -1, [], 'bad-size'],
    ['a fraction', 1.5, [hash], 'bad-size'],
    ['no number', NaN, [], 'bad-size'],
    ['a size beyond 2^53', 2 ** 53, [hash], 'bad-size'],
    ['a hash of 31 bytes', 1, [hash.subarray(1)], 'bad-hash'],
  ])('refuses a stored state with %s', (_, size, hashes, code) => {
    expect(() => new RightEdge(size, hashes)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a leaf hash of the wrong length and stays as it was', () => {
    const edge = new RightEdge(1, [hash]);
    expect(() => edge.append(hash.subarray(1))).toThrow(expect.objectContaining({ code: 'bad-hash' }));
    expect(edge.root()).toEqual(reference.root(1));
  });
});
