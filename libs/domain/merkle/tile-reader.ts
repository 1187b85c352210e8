import { ProofError } from './proof-error.js';
import { TILE_HEIGHT, TILE_WIDTH, type TileRef } from './tile-path.js';
import { foldEdge, HASH_SIZE_BYTES, rootOf, type Sha256 } from './tree-hash.js';
import { tileWidth } from './tree-growth.js';
import { perfectSubtrees, type LeafRange, type Subtree } from './tree-shape.js';

/** Reads the tiles of one log, wherever they lie. */
export interface HashReader {
  /**
   * Exactly `width` × 32 bytes: the first `width` hashes of the tile. One that holds the tile wider, because the tree
   * has grown since, cuts it. Asked for each tile once a proof, several at a time. Rejects when it has not got it.
   */
  readTile(level: number, index: number, width: number): Promise<Uint8Array>;
}

/**
 * The hash over each of these ranges, in a tree of `size`. Every tile is read once, all together.
 * @throws ProofError 'bad-tile'
 */
export async function readRanges(
  ranges: readonly LeafRange[],
  size: number,
  reader: HashReader,
  sha256: Sha256,
): Promise<Uint8Array[]> {
  const parts = ranges.map((range) => perfectSubtrees(range).map((subtree) => placeOf(subtree, size)));
  const tiles = new Map(parts.flat().map(({ tile }) => [`${tile.level}/${tile.index}`, tile]));
  const bytesOf = new Map<string, Uint8Array>();
  await Promise.all([...tiles].map(async ([key, tile]) => bytesOf.set(key, await readWhole(tile, reader))));
  return parts.map((places) =>
    foldEdge(
      places.map(({ tile, first, count }) => {
        const bytes = bytesOf.get(`${tile.level}/${tile.index}`) as Uint8Array;
        return rootOf(hashesIn(bytes, first, count), sha256);
      }),
      sha256,
    ),
  );
}

/** The hashes of a tile from `first` on, as views. */
function hashesIn(bytes: Uint8Array, first: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, at) =>
    bytes.subarray((first + at) * HASH_SIZE_BYTES, (first + at + 1) * HASH_SIZE_BYTES),
  );
}

/** Where a perfect subtree lies: it is the root over `count` hashes of a tile, from its hash `first` on. */
function placeOf({ height, index }: Subtree, size: number): { tile: TileRef; first: number; count: number } {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  const first = (index * count) % TILE_WIDTH;
  const tile = Math.floor((index * count) / TILE_WIDTH);
  return { tile: { level, index: tile, width: tileWidth(level, tile, size) }, first, count };
}

async function readWhole({ level, index, width }: TileRef, reader: HashReader): Promise<Uint8Array> {
  const bytes = await reader.readTile(level, index, width);
  if (bytes.length !== width * HASH_SIZE_BYTES) {
    throw new ProofError('bad-tile', `tile ${level}/${index} of width ${width} has ${bytes.length} bytes`);
  }
  return bytes;
}
