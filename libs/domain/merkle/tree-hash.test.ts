import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { numberedLeafHashes, ReferenceTree } from '../../../test/support/reference-tree.js';
import { emptyRoot, leafHash, nodeHash, rootOf } from './tree-hash.js';

const nodeSha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

describe('the hashes of a tree', () => {
  const leaves = numberedLeafHashes(600);
  const reference = new ReferenceTree(leaves);

  it('are those that RFC 6962 logs publish', () => {
    // transparency-dev/merkle rfc6962: the empty tree, the empty leaf, a leaf, a node.
    expect(bytesToHex(emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(bytesToHex(leafHash(utf8ToBytes('')))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
    expect(bytesToHex(leafHash(utf8ToBytes('L123456')))).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
  });

  it('give the root of every tree up to 600 leaves', () => {
    for (let size = 0; size <= 600; size++) expect(rootOf(leaves.slice(0, size))).toEqual(reference.root(size));
  });

  it('are the same under the native SHA-256 of Node', () => {
    expect(Uint8Array.from(rootOf(leaves, nodeSha256))).toEqual(reference.root(600));
    expect(Uint8Array.from(leafHash(utf8ToBytes('0'), nodeSha256))).toEqual(leaves[0]);
    expect(Uint8Array.from(emptyRoot(nodeSha256))).toEqual(reference.root(0));
  });

  it('do not take a last leaf for its double', () => {
    const [a, b, c] = leaves as [Uint8Array, Uint8Array, Uint8Array];
    expect(rootOf([a, b, c])).not.toEqual(rootOf([a, b, c, c]));
  });

  it('tell leaves from nodes', () => {
    const [a, b] = leaves as [Uint8Array, Uint8Array];
    expect(leafHash(Uint8Array.from([...a, ...b]))).not.toEqual(nodeHash(a, b));
  });

  it.each([0, 31, 33, 64])('refuse a hash of %d bytes', (length) => {
    const bad = new Uint8Array(length);
    const refused = expect.objectContaining({ code: 'bad-hash' });
    expect(() => nodeHash(bad, leaves[0]!)).toThrow(refused);
    expect(() => nodeHash(leaves[0]!, bad)).toThrow(refused);
    expect(() => rootOf([bad])).toThrow(refused);
    expect(() => rootOf([leaves[0]!, leaves[1]!, bad])).toThrow(refused);
  });
});
