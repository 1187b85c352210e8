import { ProofError } from './proof-error.js';
import { defaultSha256, emptyRoot, equalBytes, nodeHash, requireHash, type Sha256 } from './tree-hash.js';
import { bitCount, half, isOdd, requireIndex, requireSize } from './tree-shape.js';

export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * Checks that the leaf at `index` is in the tree of `size` leaves under `root`. RFC 9162 §2.1.3.2.
 * @throws ProofError 'bad-size' | 'bad-index' | 'bad-hash' | 'wrong-proof-length' | 'root-mismatch'
 */
export function verifyInclusion(
  index: number,
  size: number,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
  sha256: Sha256 = defaultSha256,
): void {
  requireIndex(index, size);
  requireHash(leafHash);
  let node = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) throw tooLong();
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash, sha256);
      [node, last] = climbToRightChild(node, last);
    } else {
      hash = nodeHash(hash, sibling, sha256);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw tooShort();
  requireRoot(hash, root, 'the inclusion proof');
}

/**
 * Checks that the tree of `size1` under `root1` is a prefix of the tree of `size2` under `root2`. RFC 9162 §2.1.4.2. A
 * start size of 0 is refused, whatever the roots: every tree extends the empty one, so a proof of it would prove
 * nothing (`verifyGrowth` is for a verifier who may hold the empty head).
 * @throws ProofError 'bad-size' | 'bad-hash' | 'wrong-proof-length' | 'root-mismatch'
 */
export function verifyConsistency(
  size1: number,
  size2: number,
  proof: readonly Uint8Array[],
  root1: Uint8Array,
  root2: Uint8Array,
  sha256: Sha256 = defaultSha256,
): void {
  requireSize(size1);
  requireSize(size2);
  if (size1 === 0) throw new ProofError('bad-size', 'a consistency proof from the empty tree proves nothing');
  if (size1 > size2) throw new ProofError('bad-size', `a tree of ${size1} does not grow into one of ${size2}`);
  if (size1 === size2) {
    if (proof.length > 0) throw tooLong();
    requireRoot(root2, root1, 'the same size');
    return;
  }
  const path = bitCount(size1) === 1 ? [root1, ...proof] : proof;
  const [start] = path;
  if (proof.length === 0 || start === undefined) throw tooShort();

  let node = size1 - 1;
  let last = size2 - 1;
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  let older = start;
  let newer = start;
  for (const sibling of path.slice(1)) {
    if (last === 0) throw tooLong();
    if (isOdd(node) || node === last) {
      older = nodeHash(sibling, older, sha256);
      newer = nodeHash(sibling, newer, sha256);
      [node, last] = climbToRightChild(node, last);
    } else {
      newer = nodeHash(newer, sibling, sha256);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw tooShort();
  requireRoot(older, root1, 'the consistency proof, for the older tree,');
  requireRoot(newer, root2, 'the consistency proof, for the newer tree,');
}

/**
 * Checks that one head of a log grew into another, as a witness or a client that keeps the last head does. From the
 * empty tree the proof must be empty and the older root that of the empty tree (C2SP tlog-witness); else as
 * `verifyConsistency`.
 * @throws ProofError as `verifyConsistency`
 */
export function verifyGrowth(
  older: TreeHead,
  newer: TreeHead,
  proof: readonly Uint8Array[],
  sha256: Sha256 = defaultSha256,
): void {
  if (older.size !== 0) {
    verifyConsistency(older.size, newer.size, proof, older.root, newer.root, sha256);
    return;
  }
  requireSize(newer.size);
  if (proof.length > 0) throw tooLong();
  requireRoot(emptyRoot(sha256), older.root, 'the empty tree');
  if (newer.size === 0) requireRoot(emptyRoot(sha256), newer.root, 'the empty tree');
}

/** Skips the levels where the node is the last one and has no sibling: nothing is hashed there. */
function climbToRightChild(node: number, last: number): [node: number, last: number] {
  while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
  return [node, last];
}

function requireRoot(calculated: Uint8Array, claimed: Uint8Array, by: string): void {
  if (!equalBytes(calculated, claimed)) throw new ProofError('root-mismatch', `${by} leads to another root`);
}

const tooLong = () => new ProofError('wrong-proof-length', 'the proof has hashes that its sizes leave no place for');
const tooShort = () => new ProofError('wrong-proof-length', 'the proof ends before the root');
