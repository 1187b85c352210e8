import { type HashReader, rootFromTiles, tileWidth } from '#domain/merkle';
import { nodeSha256 } from './node-hashes.js';

/**
 * The root that a tree of `size` had at a smaller size, out of the tiles of the larger one: partial tiles of the smaller may be gone.
 * @throws ProofError; what the reader throws
 */
export function earlierRoot(earlier: number, size: number, reader: HashReader): Promise<Uint8Array> {
  const ofLarger: HashReader = {
    async readTile(level, index, width) {
      const tile = await reader.readTile(level, index, tileWidth(level, index, size));
      return tile.subarray(0, width * 32);
    },
  };
  return rootFromTiles(earlier, ofLarger, nodeSha256);
}
