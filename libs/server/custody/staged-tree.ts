import {
  edgeFromTiles,
  growTree,
  type HashReader,
  leafHash,
  partialTiles,
  ProofError,
  RightEdge,
  type Tile,
  TILE_WIDTH,
} from '#domain/merkle';
import { nodeSha256 } from './node-hashes.js';

/** An entry bundle to store: its index, and its entries from the first on. */
export interface Bundle {
  readonly index: number;
  readonly entries: readonly Uint8Array[];
}

/** Tiles and bundles to store. */
export interface Stageable {
  readonly tiles: readonly Tile[];
  readonly bundles: readonly Bundle[];
}

/**
 * A tree with what its next tiles grow from: the right edge, the partial tiles, the entries of the partial bundle. Takes the memory of
 * one tile a level, whatever the size of the tree. Immutable: whoever fails to store a growth begins again from the tree before it.
 */
export class StagedTree {
  private constructor(
    private readonly edge: RightEdge,
    private readonly partial: readonly Tile[],
    /** The entries of the partial bundle. */
    private readonly tail: readonly Uint8Array[],
  ) {}

  static empty(): StagedTree {
    return new StagedTree(new RightEdge(0, [], nodeSha256), [], []);
  }

  /**
   * The tree of `size` out of its stored partial tiles and the entries since its last full bundle. The tiles are not trusted: whoever
   * restores compares `root()` with a root that is.
   * @throws ProofError 'bad-tile' when the entries are not those of the tiles; and what the reader throws
   */
  static async restore(size: number, reader: HashReader, tail: readonly Uint8Array[]): Promise<StagedTree> {
    const partial = await Promise.all(
      partialTiles(size).map(async (ref) => ({
        ...ref,
        bytes: await reader.readTile(ref.level, ref.index, ref.width),
      })),
    );
    const leaves = partial.find(({ level }) => level === 0);
    const tailHashes = Buffer.concat(tail.map((entry) => leafHash(entry, nodeSha256)));
    if (!tailHashes.equals(leaves?.bytes ?? new Uint8Array(0))) {
      throw new ProofError('bad-tile', 'the partial tile of level 0 is not that of these entries');
    }
    return new StagedTree(edgeFromTiles(size, partial, nodeSha256), partial, tail);
  }

  get size(): number {
    return this.edge.size;
  }

  root(): Uint8Array {
    return this.edge.root();
  }

  /** What a head over this tree needs in the store beside the full tiles and bundles: those of its ragged edge. */
  partials(): Stageable {
    const bundle = { index: Math.floor(this.size / TILE_WIDTH), entries: this.tail };
    return { tiles: this.partial, bundles: this.tail.length > 0 ? [bundle] : [] };
  }

  /**
   * Appends one entry or more; gives the tree grown and the tiles and bundles that this filled. The memory taken is that of the entries
   * and their tiles: feed long stretches in batches.
   */
  grow(entries: readonly Uint8Array[]): { readonly tree: StagedTree; readonly filled: Stageable } {
    const { edge, tiles } = growTree(
      this.edge,
      this.partial,
      entries.map((entry) => leafHash(entry, nodeSha256)),
    );
    const known = [...tiles, ...this.partial];
    const partial = partialTiles(edge.size).flatMap(
      (ref) => known.find(({ level, index }) => level === ref.level && index === ref.index) ?? [],
    );
    const bundles = bundlesOf(this.size - this.tail.length, [...this.tail, ...entries]);
    const last = bundles.at(-1)?.entries ?? [];
    const filled = {
      tiles: tiles.filter(({ width }) => width === TILE_WIDTH),
      bundles: bundles.filter((bundle) => bundle.entries.length === TILE_WIDTH),
    };
    return { tree: new StagedTree(edge, partial, last.length === TILE_WIDTH ? [] : last), filled };
  }
}

/** Cuts entries, the first of which begins a bundle, into bundles. */
function bundlesOf(firstIndex: number, entries: readonly Uint8Array[]): Bundle[] {
  const bundles: Bundle[] = [];
  for (let at = 0; at < entries.length; at += TILE_WIDTH) {
    bundles.push({ index: (firstIndex + at) / TILE_WIDTH, entries: entries.slice(at, at + TILE_WIDTH) });
  }
  return bundles;
}
