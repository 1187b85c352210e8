import { RightEdge } from './right-edge.js';
import { defaultSha256, HASH_SIZE_BYTES, type Sha256 } from './tree-hash.js';
import type { Tile } from './tree-growth.js';

/**
 * The right edge of a tree of `size` out of its partial tiles, which hold all of it: those that `partialTiles(size)` lists, in that
 * order. Nothing is trusted: compare `root()` with a root that is. @throws ProofError 'bad-size' | 'bad-hash'
 */
export function edgeFromTiles(size: number, partial: readonly Tile[], sha256: Sha256 = defaultSha256): RightEdge {
  return new RightEdge(
    size,
    partial.toReversed().flatMap((tile) => edgeWithin(tile, sha256)),
    sha256,
  );
}

/** The roots of the largest perfect subtrees over a partial tile's hashes. */
function edgeWithin({ bytes }: Tile, sha256: Sha256): readonly Uint8Array[] {
  const edge = new RightEdge(0, [], sha256);
  for (let at = 0; at < bytes.length; at += HASH_SIZE_BYTES) edge.append(bytes.subarray(at, at + HASH_SIZE_BYTES));
  return edge.hashes;
}
