import { concatBytes } from '@noble/hashes/utils.js';
import { edgeFromTiles } from './edge-from-tiles.js';
import { decodeEntryBundle } from './entry-bundle.js';
import { TILE_WIDTH, type TileRef } from './tile-path.js';
import type { HashReader } from './tile-reader.js';
import { partialTiles, type Tile, tileWidth } from './tree-growth.js';
import { defaultSha256, equalBytes, HASH_SIZE_BYTES, leafHash, rootOf, type Sha256 } from './tree-hash.js';
import type { TreeHead } from './verify-proof.js';

/** Where a log's tiles and entries lie. Its methods reject when they have not got what is asked for. */
export interface LogSource extends HashReader {
  readEntryBundle(index: number, width: number): Promise<Uint8Array>;
}

export interface LogFault {
  /**
   * - `bundle`, `tile`: cannot be read, or is not what the rest of the log says.
   * - `entries`: entries with all their tiles were replaced; the tiles above, up to the signed root, say otherwise.
   * - `root`: the tiles do not lead to the root.
   */
  readonly part: 'bundle' | 'tile' | 'entries' | 'root';
  /** Index of the first entry that it touches. */
  readonly index: number;
  /** For people: which tile or bundle, and what is wrong with it. */
  readonly detail: string;
}

/** A stretch of the log, of one bundle, as the whole of the evidence says it must be. */
export interface CheckedStretch {
  /** Index of its first entry. */
  readonly first: number;
  readonly leafHashes: readonly Uint8Array[];
  readonly faults: readonly LogFault[];
}

/**
 * Recomputes a log from its stored bytes: every entry bundle hashed, every tile built again from those below and compared, the root last.
 * Where two of them disagree, the hash above (in the end the root, which the caller has verified) tells which is wrong, and the walk goes
 * on with the right one, so that one fault is told once. It ends early where neither an entry bundle nor its tile can be read: what lies
 * behind is then unchecked, and `index` of the fault says from where. Holds one tile a level in memory, and what it reads ahead.
 * @param readAhead how many bundles, and as many tiles of level 0, are asked for before they are needed: what is far away takes more. They
 *   are checked in order, in whichever they come
 */
export async function* checkLog(
  head: TreeHead,
  source: LogSource,
  sha256: Sha256 = defaultSha256,
  readAhead = READ_AHEAD,
): AsyncGenerator<CheckedStretch> {
  yield* new LogCheck(head, source, sha256, readAhead).walk();
}

const READ_AHEAD = 8;

type Hashes = readonly Uint8Array[];

/** What was found where hashes should be: they, or why not. */
type Found = { readonly hashes: Hashes } | { readonly problem: string };

class LogCheck {
  readonly #head: TreeHead;
  readonly #source: LogSource;
  readonly #sha256: Sha256;
  readonly #readAhead: number;
  /** For each level the hashes since its last full tile, as computed from below. */
  readonly #computed: Uint8Array[][] = [];
  #faults: LogFault[] = [];

  constructor(head: TreeHead, source: LogSource, sha256: Sha256, readAhead: number) {
    this.#head = head;
    this.#source = source;
    this.#sha256 = sha256;
    this.#readAhead = readAhead;
  }

  async *walk(): AsyncGenerator<CheckedStretch> {
    const count = Math.ceil(this.#head.size / TILE_WIDTH);
    const ahead: (readonly [bundle: Promise<Found>, tile: Promise<Found>])[] = [];
    for (let index = 0; index < count; index++) {
      while (ahead.length < this.#readAhead && index + ahead.length < count) {
        const ref = this.#tileRef(0, index + ahead.length);
        ahead.push([this.#readLeaves(ref), this.#readTile(ref)]);
      }
      const [bundle, tile] = ahead.shift() as (typeof ahead)[number];
      const leafHashes = await this.#settle(this.#tileRef(0, index), await bundle, await tile);
      if (leafHashes.length === 0) {
        await Promise.all(ahead.flat());
        yield { first: index * TILE_WIDTH, leafHashes, faults: this.#faults };
        return;
      }
      await this.#climb(0, index, leafHashes);
      if (index === count - 1) await this.#finish();
      yield { first: index * TILE_WIDTH, leafHashes, faults: this.#faults.splice(0) };
    }
    if (count === 0) {
      await this.#finish();
      yield { first: 0, leafHashes: [], faults: this.#faults };
    }
  }

  /** Takes a full tile's root to the level above, and on when that completes a tile there; keeps the hashes of a partial one. */
  async #climb(level: number, index: number, hashes: Hashes): Promise<void> {
    if (hashes.length < TILE_WIDTH) {
      this.#computed[level] = [...hashes];
      return;
    }
    const above = (this.#computed[level + 1] ??= []);
    above.push(rootOf(hashes, this.#sha256));
    if (above.length < TILE_WIDTH) return;
    this.#computed[level + 1] = [];
    const parent = this.#tileRef(level + 1, Math.floor(index / TILE_WIDTH));
    const settled = await this.#settle(parent, { hashes: above }, await this.#readTile(parent));
    await this.#climb(parent.level, parent.index, settled);
  }

  /** The partial tiles above level 0, then the root. */
  async #finish(): Promise<void> {
    const settled: Tile[] = [];
    for (const ref of partialTiles(this.#head.size)) {
      const computed = this.#computed[ref.level] ?? [];
      const hashes =
        ref.level === 0 ? computed : await this.#settle(ref, { hashes: computed }, await this.#readTile(ref));
      settled.push({ ...ref, bytes: concatBytes(...hashes) });
    }
    if (!this.#leadsToRoot(settled)) {
      this.#faults.push({ part: 'root', index: 0, detail: 'the tiles do not lead to the root of the checkpoint' });
    }
  }

  /** The right hashes of a tile, out of those computed from below and those stored; what is wrong with the other is noted. None: neither. */
  async #settle(ref: TileRef, computed: Found, stored: Found): Promise<Hashes> {
    const name = `tile ${ref.level}/${ref.index} of width ${ref.width}`;
    const span = TILE_WIDTH ** ref.level;
    const first = ref.index * TILE_WIDTH * span;
    if ('problem' in stored) {
      this.#faults.push({ part: 'tile', index: first, detail: `${name}: ${stored.problem}` });
    }
    if ('problem' in computed) {
      this.#faults.push({ part: 'bundle', index: first, detail: `entry bundle ${ref.index}: ${computed.problem}` });
      return 'hashes' in stored ? stored.hashes : [];
    }
    if ('problem' in stored) return computed.hashes;
    const differing = computed.hashes.findIndex((hash, at) => !equalBytes(hash, stored.hashes[at] as Uint8Array));
    if (differing < 0) return stored.hashes;
    const index = first + differing * span;
    if (!(await this.#isProven(ref, stored.hashes))) {
      this.#faults.push({ part: 'tile', index, detail: `${name} is not what lies below it` });
      return computed.hashes;
    }
    this.#faults.push(
      ref.level === 0
        ? { part: 'bundle', index, detail: `entry bundle ${ref.index} has another entry than the tile above it` }
        : { part: 'entries', index, detail: `${span} entries and their tiles are not what ${name} above them says` },
    );
    return stored.hashes;
  }

  /** Whether what is stored above this tile, or the root beside the other partial tiles, says that these are its hashes. */
  async #isProven(ref: TileRef, hashes: Hashes): Promise<boolean> {
    if (ref.width === TILE_WIDTH) {
      const parent = await this.#readTile(this.#tileRef(ref.level + 1, Math.floor(ref.index / TILE_WIDTH)));
      const above = 'hashes' in parent ? parent.hashes[ref.index % TILE_WIDTH] : undefined;
      return above !== undefined && equalBytes(above, rootOf(hashes, this.#sha256));
    }
    const beside: Tile[] = [];
    for (const other of partialTiles(this.#head.size)) {
      const found = other.level === ref.level ? { hashes } : await this.#readTile(other);
      if ('problem' in found) return false;
      beside.push({ ...other, bytes: concatBytes(...found.hashes) });
    }
    return this.#leadsToRoot(beside);
  }

  #leadsToRoot(partial: readonly Tile[]): boolean {
    const { size, root } = this.#head;
    return equalBytes(edgeFromTiles(size, partial, this.#sha256).root(), root);
  }

  async #readLeaves({ index, width }: TileRef): Promise<Found> {
    try {
      const entries = decodeEntryBundle(await this.#source.readEntryBundle(index, width), width);
      return { hashes: entries.map((entry) => leafHash(entry, this.#sha256)) };
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  async #readTile({ level, index, width }: TileRef): Promise<Found> {
    try {
      const bytes = await this.#source.readTile(level, index, width);
      if (bytes.length !== width * HASH_SIZE_BYTES) return { problem: `it has ${bytes.length} bytes` };
      return { hashes: hashesOf(bytes) };
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  #tileRef(level: number, index: number): TileRef {
    return { level, index, width: tileWidth(level, index, this.#head.size) };
  }
}

function hashesOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / HASH_SIZE_BYTES }, (_, at) =>
    bytes.subarray(at * HASH_SIZE_BYTES, (at + 1) * HASH_SIZE_BYTES),
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'it cannot be read');
