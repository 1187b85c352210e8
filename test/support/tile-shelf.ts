import { partialTiles, tilePath, type HashReader, type Tile } from '#domain/merkle';

/**
 * Tiles in memory, by their path, as an object store would have them: what a growth gives is put, nothing is ever
 * changed.
 */
export class TileShelf implements HashReader {
  readonly tiles = new Map<string, Uint8Array>();
  /** Paths in the order they were read. */
  readonly reads: string[] = [];

  put(tiles: readonly Tile[]): void {
    for (const tile of tiles) this.tiles.set(tilePath(tile), tile.bytes);
  }

  /** The partial tiles of a tree of this size, as `growTree` wants them. */
  partial(size: number): Tile[] {
    return partialTiles(size).map((ref) => ({ ...ref, bytes: this.#get(tilePath(ref)) }));
  }

  /** A partial tile of an older size may be gone or never have been stored: a wider one is cut. */
  async readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    const wider = Array.from({ length: 257 - width }, (_, more) => tilePath({ level, index, width: width + more }));
    const path = wider.find((candidate) => this.tiles.has(candidate)) ?? tilePath({ level, index, width });
    this.reads.push(path);
    return this.#get(path).subarray(0, width * 32);
  }

  #get(path: string): Uint8Array {
    const bytes = this.tiles.get(path);
    if (bytes === undefined) throw new Error(`no ${path}`);
    return bytes;
  }
}
