import { ProofError } from './proof-error.js';
import { readRanges, type HashReader } from './tile-reader.js';
import { defaultSha256, type Sha256 } from './tree-hash.js';
import { requireIndex, requireSize, splitPoint, type LeafRange } from './tree-shape.js';

/**
 * Proof that the leaf at `index` is in the tree of `size` leaves: from its sibling up to the root's child. RFC 9162
 * §2.1.3.1. Computed from tiles only, about two for each level of 256; whoever uses it verifies it, so the tiles need
 * no trust.
 * @throws ProofError 'bad-size' | 'bad-index' | 'bad-tile'; and what the reader throws
 */
export async function proveInclusion(
  index: number,
  size: number,
  reader: HashReader,
  sha256: Sha256 = defaultSha256,
): Promise<Uint8Array[]> {
  requireIndex(index, size);
  return readRanges(siblingsOf(index, { from: 0, to: size }), size, reader, sha256);
}

/**
 * Proof that the tree of `size1` leaves is a prefix of that of `size2`. Empty from size 0, and between equal sizes. RFC
 * 9162 §2.1.4.1.
 * @throws ProofError 'bad-size' | 'bad-tile'; and what the reader throws
 */
export async function proveConsistency(
  size1: number,
  size2: number,
  reader: HashReader,
  sha256: Sha256 = defaultSha256,
): Promise<Uint8Array[]> {
  requireSize(size1);
  requireSize(size2);
  if (size1 > size2) throw new ProofError('bad-size', `a tree of ${size1} does not grow into one of ${size2}`);
  if (size1 === 0) return [];
  return readRanges(subproof(size1, { from: 0, to: size2 }, true), size2, reader, sha256);
}

/**
 * Root of the tree of `size` leaves, out of its tiles.
 * @throws ProofError 'bad-size' | 'bad-tile'; and what the reader throws
 */
export async function rootFromTiles(
  size: number,
  reader: HashReader,
  sha256: Sha256 = defaultSha256,
): Promise<Uint8Array> {
  requireSize(size);
  const [root] = await readRanges([{ from: 0, to: size }], size, reader, sha256);
  return root as Uint8Array;
}

/** PATH(m, D[from:to]). */
function siblingsOf(leaf: number, { from, to }: LeafRange): LeafRange[] {
  if (to - from === 1) return [];
  const middle = from + splitPoint(to - from);
  const left = { from, to: middle };
  const right = { from: middle, to };
  return leaf < middle ? [...siblingsOf(leaf, left), right] : [...siblingsOf(leaf, right), left];
}

/**
 * SUBPROOF(m, D[from:to], b), where the older tree ends at leaf `end` and `known` says that its root is this range's.
 */
function subproof(end: number, { from, to }: LeafRange, known: boolean): LeafRange[] {
  if (end === to) return known ? [] : [{ from, to }];
  const middle = from + splitPoint(to - from);
  const left = { from, to: middle };
  const right = { from: middle, to };
  return end <= middle ? [...subproof(end, left, known), right] : [...subproof(end, right, false), left];
}
