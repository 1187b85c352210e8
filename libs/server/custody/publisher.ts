import {
  type Checkpoint,
  formatCheckpoint,
  openNote,
  parseCheckpoint,
  proveConsistency,
  ProofError,
  rootFromTiles,
  signNote,
  type SigningKey,
  TILE_WIDTH,
  verifyGrowth,
} from '#domain/merkle';
import { StoreError } from '#server/storage';
import { readEntries } from './log-entries.js';
import { LogError } from './log-error.js';
import { FENCED, type LogSession } from './log-session.js';
import type { LogStore, Staged } from './log-store.js';
import { nodeSha256 } from './node-hashes.js';
import { type Stageable, StagedTree } from './staged-tree.js';

/** Objects of the log on their way to the store at once. */
const STAGING_AT_ONCE = 8;

export interface PublisherParts {
  readonly session: LogSession;
  readonly epoch: number;
  readonly store: LogStore;
  /** Its name is the log's origin. */
  readonly key: SigningKey;
}

/**
 * Publishes heads of the log, in an order that a crash cannot bend: entries are committed → tiles and bundles lie in the store → they are
 * read back and lead from the last published head to the new root → it is signed → it is published, fenced by the office. So whatever is
 * signed can be served and proved, and no signed head is ever contradicted by a later one. A head store outside the database and the
 * witnesses come in between the last two steps.
 */
export class Publisher {
  /** Partial tiles and bundles that were written here, by the name of the full one: needless once that is there. */
  private readonly partials = new Map<string, Map<number, Staged>>();

  private constructor(
    private readonly parts: PublisherParts,
    private published: Checkpoint,
    private staged: StagedTree,
  ) {}

  /**
   * Begins from the last published checkpoint. What a crash left half staged beyond it is staged again; when tiles that it rests on are
   * missing, all are staged again from the entries, which must lead to the published root.
   * @throws LogError 'rolled-back' | 'diverged' | 'entry-missing' | 'tile-conflict' | 'checkpoint-invalid'
   */
  static async begin(parts: PublisherParts): Promise<Publisher> {
    const published = await lastPublished(parts);
    const size = await committedSize(parts);
    if (size < published.size) {
      throw new LogError(
        'rolled-back',
        `a checkpoint over ${published.size} entries is published, and the database holds ${size}: an older state was restored`,
      );
    }
    const publisher = new Publisher(parts, published, StagedTree.empty());
    if (published.size > 0) await publisher.restore();
    return publisher;
  }

  get size(): number {
    return this.published.size;
  }

  /** Publishes a head over all that is committed. @returns it, or null when nothing is new @throws LogError; StoreError; SQLSTATE AM001 */
  async publish(): Promise<Checkpoint | null> {
    const { session, epoch, key } = this.parts;
    const [state] = await session.query<{ size: string; root: Buffer }>(
      'SELECT size, root FROM amana.log_state WHERE epoch = $1',
      [epoch],
    );
    if (!state) throw Object.assign(new Error('another holds office'), { code: FENCED });
    const size = Number(state.size);
    if (size === this.published.size) return null;
    await this.stageUpTo(size);
    if (!state.root.equals(this.staged.root())) {
      throw new LogError('diverged', `the entries do not lead to the root that was committed over ${size} of them`);
    }
    const head: Checkpoint = { origin: key.verifier.name, size, root: this.staged.root() };
    await this.readBack(head);
    const note = signNote(formatCheckpoint(head), [key]);
    await session.query('SELECT amana.log_publish($1, $2, $3)', [epoch, size, Buffer.from(note).toString('utf8')]);
    this.published = head;
    return head;
  }

  /** What the store gives back must lead to the head, and from the last published one to it. */
  private async readBack(head: Checkpoint): Promise<void> {
    const { store } = this.parts;
    const { size } = this.published;
    try {
      const stored = { size: head.size, root: await rootFromTiles(head.size, store, nodeSha256) };
      verifyGrowth(this.published, stored, await proveConsistency(size, head.size, store, nodeSha256), nodeSha256);
      verifyGrowth(stored, head, [], nodeSha256);
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      throw new LogError('tile-conflict', `the stored tiles do not lead from ${size} to ${head.size} entries`, error);
    }
  }

  /** Out of the stored partial tiles; out of all the entries when those are not there or do not lead to the published root. */
  private async restore(): Promise<void> {
    const { session, store } = this.parts;
    const { size, root } = this.published;
    const tail: Uint8Array[] = [];
    for await (const entries of readEntries(session, size - (size % TILE_WIDTH), size)) tail.push(...entries);
    try {
      this.staged = await StagedTree.restore(size, store, tail);
      if (Buffer.from(root).equals(this.staged.root())) return;
    } catch (error) {
      const rebuild = error instanceof ProofError || (error instanceof StoreError && error.code === 'not-found');
      if (!rebuild) throw error;
    }
    this.staged = StagedTree.empty();
    await this.stageUpTo(size);
    if (!Buffer.from(root).equals(this.staged.root())) {
      throw new LogError('diverged', `the entries do not lead to the root that was published over ${size} of them`);
    }
  }

  /** Writes what entries fill as they are read, and what is left partial when no more are to come before a head. */
  private async stageUpTo(size: number): Promise<void> {
    for await (const entries of readEntries(this.parts.session, this.staged.size, size)) {
      const { tree, filled } = this.staged.grow(entries);
      await this.stage(filled);
      this.staged = tree;
    }
    await this.stage(this.staged.partials());
  }

  private async stage({ tiles, bundles }: Stageable): Promise<void> {
    const { store } = this.parts;
    const objects = [
      ...tiles.map((tile) => ({
        name: `${tile.level}/${tile.index}`,
        width: tile.width,
        write: () => store.putTile(tile),
      })),
      ...bundles.map(({ index, entries }) => ({
        name: `entries/${index}`,
        width: entries.length,
        write: () => store.putEntryBundle(index, entries),
      })),
    ].filter(({ name, width }) => !this.partials.get(name)?.has(width));
    while (objects.length > 0) {
      const some = objects.splice(0, STAGING_AT_ONCE);
      await Promise.all(some.map(async ({ name, width, write }) => this.remember(name, width, await write())));
    }
  }

  /** Partials are remembered until the full one is there, and are then removed. */
  private async remember(name: string, width: number, staged: Staged): Promise<void> {
    const partials = this.partials.get(name) ?? new Map<number, Staged>();
    if (width < TILE_WIDTH) {
      this.partials.set(name, partials.set(width, staged));
      return;
    }
    this.partials.delete(name);
    for (const partial of partials.values()) await this.parts.store.forget(partial);
  }
}

async function committedSize({ session }: PublisherParts): Promise<number> {
  const [state] = await session.query<{ size: string }>('SELECT size FROM amana.log_state');
  return Number(state?.size ?? 0);
}

/** The last published checkpoint, verified under the log's own key; the empty tree before the first. */
async function lastPublished({ session, key }: PublisherParts): Promise<Checkpoint> {
  const [row] = await session.query<{ size: string; note: string }>(
    'SELECT size, note FROM amana.log_checkpoint ORDER BY size DESC LIMIT 1',
  );
  const origin = key.verifier.name;
  if (!row) return { origin, size: 0, root: StagedTree.empty().root() };
  let checkpoint: Checkpoint;
  try {
    checkpoint = parseCheckpoint(openNote(Buffer.from(row.note, 'utf8'), [key.verifier]).text);
  } catch (error) {
    throw new LogError(
      'checkpoint-invalid',
      `the checkpoint over ${row.size} entries is not one of this log's key`,
      error,
    );
  }
  if (checkpoint.origin !== origin || checkpoint.size !== Number(row.size)) {
    throw new LogError(
      'checkpoint-invalid',
      `the checkpoint over ${row.size} entries says it is of another log or size`,
    );
  }
  return checkpoint;
}
