import { ProofError } from './proof-error.js';
import type { RightEdge } from './right-edge.js';
import { HASH_SIZE_BYTES } from './tree-hash.js';
import { requireSize } from './tree-shape.js';
import { TILE_HEIGHT, TILE_WIDTH, type TileRef } from './tile-path.js';

export interface Tile extends TileRef {
  /** `width` hashes, one after the other. */
  readonly bytes: Uint8Array;
}

export interface Growth {
  /** The edge of the grown tree: its size, its root, the state to store. */
  readonly edge: RightEdge;
  /** The tiles that are new or wider, lowest level first: what `tilesOfGrowth` lists. */
  readonly tiles: readonly Tile[];
}

/**
 * Appends leaf hashes to a tree and gives the tiles to store. Pure: the edge passed in stays as it was, so a sequencer
 * that loses its transaction begins again from it.
 * @param partial the stored partial tiles of the tree as it is: exactly those that `partialTiles(edge.size)` lists
 * @throws ProofError 'bad-tile' | 'bad-hash' | 'bad-size'
 */
export function growTree(edge: RightEdge, partial: readonly Tile[], leafHashes: readonly Uint8Array[]): Growth {
  const grown = edge.clone();
  const tiles = tilesOfGrowth(edge.size, edge.size + leafHashes.length).map((ref) => ({
    ...ref,
    bytes: new Uint8Array(ref.width * HASH_SIZE_BYTES),
  }));
  const tileAt = new Map(tiles.map((tile) => [key(tile), tile]));
  for (const tile of requirePartial(edge.size, partial)) tileAt.get(key(tile))?.bytes.set(tile.bytes);

  const nodes: number[] = [];
  for (const leafHash of leafHashes) {
    grown.append(leafHash, (height, hash) => {
      if (height % TILE_HEIGHT !== 0) return;
      const level = height / TILE_HEIGHT;
      const node = (nodes[level] ??= nodesAt(level, edge.size));
      const tile = tileAt.get(key({ level, index: Math.floor(node / TILE_WIDTH) }));
      tile?.bytes.set(hash, (node % TILE_WIDTH) * HASH_SIZE_BYTES);
      nodes[level] = node + 1;
    });
  }
  return { edge: grown, tiles };
}

/**
 * The tiles that exist at size `to` and did not, or were narrower, at size `from`, lowest level first. Widths in
 * between are left out: only sizes that get a checkpoint need their partial tiles. The entry bundles that change are
 * those of level 0.
 * @throws ProofError 'bad-size'
 */
export function tilesOfGrowth(from: number, to: number): TileRef[] {
  requireSize(from);
  requireSize(to);
  if (from > to) throw new ProofError('bad-size', `a tree of ${from} does not grow into one of ${to}`);
  const tiles: TileRef[] = [];
  for (let level = 0; nodesAt(level, to) > nodesAt(level, from); level++) {
    const end = nodesAt(level, to);
    for (let index = Math.floor(nodesAt(level, from) / TILE_WIDTH); index * TILE_WIDTH < end; index++) {
      tiles.push({ level, index, width: tileWidth(level, index, to) });
    }
  }
  return tiles;
}

/**
 * The partial tiles of a tree of this size: at most one a level. C2SP tlog-tiles, Partial Tiles.
 * @throws ProofError 'bad-size'
 */
export function partialTiles(size: number): TileRef[] {
  requireSize(size);
  const tiles: TileRef[] = [];
  for (let level = 0; nodesAt(level, size) > 0; level++) {
    const index = Math.floor(nodesAt(level, size) / TILE_WIDTH);
    const width = tileWidth(level, index, size);
    if (width > 0) tiles.push({ level, index, width });
  }
  return tiles;
}

/** How wide the tile is in a tree of this size: 256 when full, 0 when it is not there. */
export function tileWidth(level: number, index: number, size: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, nodesAt(level, size) - index * TILE_WIDTH));
}

/** How many perfect subtrees of height 8 · `level` a tree of this size has. */
function nodesAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

function requirePartial(size: number, partial: readonly Tile[]): readonly Tile[] {
  const listed = partialTiles(size);
  const fits = listed.every((ref, at) => {
    const tile = partial[at];
    return tile !== undefined && key(tile) === key(ref) && tile.width === ref.width && hasItsBytes(tile);
  });
  if (!fits || partial.length !== listed.length) {
    throw new ProofError('bad-tile', `these are not the partial tiles of a tree of ${size}`);
  }
  return partial;
}

const hasItsBytes = (tile: Tile): boolean => tile.bytes.length === tile.width * HASH_SIZE_BYTES;
const key = ({ level, index }: Pick<TileRef, 'level' | 'index'>): string => `${level}/${index}`;
