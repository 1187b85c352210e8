import {
  type Checkpoint,
  formatCheckpoint,
  proveConsistency,
  ProofError,
  rootFromTiles,
  signNote,
  type SigningKey,
  TILE_WIDTH,
  type TreeHead,
  verifyGrowth,
} from '#domain/merkle';
import { StoreError } from '#server/storage';
import { earlierRoot } from './earlier-root.js';
import { HeadMoved, type HeadStore, type KeptHead } from './head-store.js';
import { type LastSigned, lastSigned } from './last-signed.js';
import { readEntries } from './log-entries.js';
import { contradiction, LogError } from './log-error.js';
import { FENCED, type LogSession } from './log-session.js';
import type { LogStore, Staged } from './log-store.js';
import { nodeSha256 } from './node-hashes.js';
import type { SignedHead } from './signed-head.js';
import { type Stageable, StagedTree } from './staged-tree.js';

/** Objects of the log on their way to the store at once. */
const STAGING_AT_ONCE = 8;

const PUBLISH = 'SELECT amana.log_publish($1, $2, $3)';

export interface PublisherParts {
  readonly session: Pick<LogSession, 'query'>;
  readonly epoch: number;
  readonly store: LogStore;
  /** Its name is the log's origin. */
  readonly key: SigningKey;
  /** Sign every head beside it, under the same name: readers that do not know their type ignore them. */
  readonly moreKeys?: readonly SigningKey[];
  readonly heads: HeadStore;
  readonly witnesses?: HeadWitnesses;
}

/** What witnesses know of this log. */
export interface HeadWitnesses {
  /** Heads under our key that witnesses hold, of those witnesses that answer. */
  heldHeads(session: Pick<LogSession, 'query'>): Promise<readonly HeldHead[]>;
  /** A head under our key that a witness has shown since and that ours contradict; null while there is none. */
  contradiction(): HeldHead | null;
}

/** A head under our key, and who holds it. */
export interface HeldHead {
  readonly by: string;
  readonly head: SignedHead;
}

/**
 * Publishes heads of the log, in an order that a crash cannot bend: entries are committed → tiles and bundles lie in the store → they are
 * read back and lead from the last signed head to the new root → it is signed → it replaces the last one in the head store → it is
 * published, fenced by the office → witnesses. So whatever is signed can be served and proved, no signed head is ever contradicted by a
 * later one, and whoever begins again finds in the head store what was signed last, whatever became of the database.
 */
export class Publisher {
  private settled: SignedHead | null = null;
  /** Partial tiles and bundles that were written here, by the name of the full one: needless once that is there. */
  private readonly partials = new Map<string, Map<number, Staged>>();

  private constructor(
    private readonly parts: PublisherParts,
    private published: Checkpoint,
    private kept: KeptHead | null,
    private staged: StagedTree,
  ) {}

  /**
   * Begins from the last signed head, after the database was compared with the head store and the witnesses. What a crash left half
   * staged beyond it is staged again; when tiles that it rests on are missing, all are staged again from the entries, which must lead to
   * the signed root. A head that was signed and kept, and not published, is published.
   * @throws LogError
   */
  static async begin(parts: PublisherParts): Promise<Publisher> {
    const last = await lastSigned(parts);
    const publisher = new Publisher(parts, last.signed, last.kept, StagedTree.empty());
    if (last.signed.size > 0) await publisher.restore();
    await publisher.requireGrowth(last.published, 'the published checkpoint');
    for (const { by, head } of (await parts.witnesses?.heldHeads(parts.session)) ?? []) {
      if (head.size > last.signed.size) {
        throw contradiction('rolled-back', { by: 'this platform', head: last.signed }, { by, head });
      }
      await publisher.requireGrowth(head, by);
    }
    await publisher.settle(last);
    return publisher;
  }

  get size(): number {
    return this.published.size;
  }

  /** The head that was signed before, and published only now at the start; null where none was left so. */
  get caughtUp(): SignedHead | null {
    return this.settled;
  }

  /**
   * Publishes a head over all that is committed. @returns it, or null when nothing is new
   * @throws LogError; StoreError; HeadMoved; SQLSTATE AM001
   */
  async publish(): Promise<SignedHead | null> {
    const { session, epoch, key, moreKeys = [], heads, witnesses } = this.parts;
    const [state] = await session.query<{ size: string; root: Buffer }>(
      'SELECT size, root FROM amana.log_state WHERE epoch = $1',
      [epoch],
    );
    if (!state) throw Object.assign(new Error('another holds office'), { code: FENCED });
    const committed = { by: 'the database', head: { size: Number(state.size), root: state.root } };
    const { size } = committed.head;
    const contrary = witnesses?.contradiction();
    if (contrary) throw contradiction(contrary.head.size > size ? 'rolled-back' : 'diverged', committed, contrary);
    if (size === this.published.size) return null;
    if (size < this.published.size)
      throw contradiction('rolled-back', committed, { by: 'this office', head: this.published });
    const kept = await heads.read(this.published.origin);
    if (!isSame(kept, this.kept))
      throw new HeadMoved('the head store holds another head than was read or written here');
    await this.stageUpTo(size);
    if (!state.root.equals(this.staged.root())) {
      throw new LogError('diverged', `the entries do not lead to the root that was committed over ${size} of them`);
    }
    const head: Checkpoint = { origin: key.verifier.name, size, root: this.staged.root() };
    await this.readBack(head);
    const note = signNote(formatCheckpoint(head), [key, ...moreKeys]);
    const isFirst = this.kept === null;
    this.kept = await heads.replace(head.origin, this.kept, note);
    if (isFirst) await this.markKept();
    await session.query(PUBLISH, [epoch, size, Buffer.from(note).toString('utf8')]);
    this.published = head;
    return { ...head, note };
  }

  /** Puts down what a crash, or the first use of a head store, has left undone. */
  private async settle({ signed, published, note }: LastSigned): Promise<void> {
    const { session, epoch, heads } = this.parts;
    if (this.kept === null && note !== null) this.kept = await heads.replace(signed.origin, null, note);
    if (this.kept !== null) await this.markKept();
    if (published.size >= signed.size || note === null) return;
    await session.query(PUBLISH, [epoch, signed.size, Buffer.from(note).toString('utf8')]);
    this.settled = { ...signed, note };
  }

  /** From now on an empty head store is refused. A crash before this leaves a head in the store, which is what counts. */
  private async markKept(): Promise<void> {
    await this.parts.session.query('UPDATE amana.log_state SET head_kept = true WHERE epoch = $1 AND NOT head_kept', [
      this.parts.epoch,
    ]);
  }

  /** The tree that was restored must have grown out of this head. */
  private async requireGrowth(head: TreeHead, by: string): Promise<void> {
    if (head.size === 0) return;
    const root = await earlierRoot(head.size, this.published.size, this.parts.store);
    if (!Buffer.from(root).equals(head.root))
      throw contradiction('diverged', { by: 'this platform', head: { size: head.size, root } }, { by, head });
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
      const ours = { size, root: this.staged.root() };
      throw contradiction(
        'diverged',
        { by: 'the database', head: ours },
        { by: 'the head store', head: this.published },
      );
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

function isSame(one: KeptHead | null, other: KeptHead | null): boolean {
  if (one === null || other === null) return one === other;
  return one.version === other.version && Buffer.from(one.note).equals(other.note);
}
