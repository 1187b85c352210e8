import { entryOf } from '#domain/custody';
import {
  checkLog,
  leafHash,
  openNote,
  parseCheckpoint,
  ProofError,
  RightEdge,
  type TreeHead,
  type VerifierKey,
} from '#domain/merkle';
import type { Database } from '#server/database';
import { findChainFaults } from './fsck-chains.js';
import { findEventFaults, isErased, readRecord, recoveredRanges } from './fsck-events.js';
import { RecordAhead } from './record-ahead.js';
import { type FsckFault, type FsckReport, MAX_FAULTS } from './fsck-report.js';
import type { LogStore } from './log-store.js';
import { nodeSha256 } from './node-hashes.js';

export interface FsckParts {
  /** Under a role that sees all, such as the worker's. */
  readonly database: Database;
  readonly store: LogStore;
  /** The log's key; its name is the origin. */
  readonly key: VerifierKey;
}

/**
 * Recomputes the whole record from what is stored: each event's salt and body → its commitment → its entry → bundles and tiles → root →
 * every published checkpoint; and the chains of cases and exhibits. Where two disagree, what the signed root says is right, so a fault is
 * told once and where it is. Takes bounded memory, and reads nothing that a running log still changes: it may run at any time.
 */
export async function fsck(parts: FsckParts): Promise<FsckReport> {
  return new Fsck(parts).run();
}

/** Read at a time: checkpoints, and entries beyond the last of them. */
const BATCH = 256;

class Fsck {
  private readonly faults: FsckFault[] = [];
  private readonly edge = new RightEdge(0, [], nodeSha256);
  private erased = 0;
  private readonly lost: number[] = [];
  private recovered: readonly { from: number; to: number }[] = [];

  private readonly record: RecordAhead;

  constructor(private readonly parts: FsckParts) {
    this.record = new RecordAhead(parts.database);
  }

  async run(): Promise<FsckReport> {
    // In this order: a running log commits before it publishes, so what is committed by then is no less.
    this.recovered = await recoveredRanges(this.parts.database);
    const published = await this.publishedSize();
    const committed = await this.committed();
    const heads = new HeadsToCome(this.heads(committed, published));
    const head = await this.lastSigned(published);
    await this.compare(heads);
    for await (const { first, leafHashes, faults } of checkLog(head, this.parts.store, nodeSha256)) {
      this.report(...faults);
      await this.checkEvents(first, leafHashes);
      for (const leaf of leafHashes) await this.append(leaf, heads);
    }
    if (this.edge.size === head.size) {
      await this.checkUnpublished(committed.size, heads);
      for (let left = await heads.take(Infinity); left; left = await heads.take(Infinity)) {
        this.report({ ...left.fault, detail: `${left.fault.detail}: there are but ${this.edge.size} entries` });
      }
    }
    for await (const fault of findChainFaults(this.parts.database)) this.report(fault);
    const byIndex = this.faults.toSorted((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity));
    const counted = { ok: byIndex.length === 0, size: this.edge.size, erased: this.erased, faults: byIndex };
    return this.lost.length === 0 ? counted : { ...counted, lost: this.lost };
  }

  private async append(leaf: Uint8Array, heads: HeadsToCome): Promise<void> {
    this.edge.append(leaf);
    await this.compare(heads);
  }

  /** Every head over as many entries as were checked must have their root. */
  private async compare(heads: HeadsToCome): Promise<void> {
    for (let head = await heads.take(this.edge.size); head; head = await heads.take(this.edge.size)) {
      if (!head.root.equals(this.edge.root())) this.report(head.fault);
    }
  }

  /** Entries that are committed and under no checkpoint yet: nothing but the database knows them. */
  private async checkUnpublished(size: number, heads: HeadsToCome): Promise<void> {
    while (this.edge.size < size) {
      const first = this.edge.size;
      const rows = await readRecord(this.parts.database, first, Math.min(first + BATCH, size));
      const leaves: Uint8Array[] = [];
      for (let row = rows.get(first); row; row = rows.get(first + leaves.length)) {
        leaves.push(leafHash(entryOf(row.entry_commitment), nodeSha256));
      }
      if (leaves.length === 0) return;
      await this.checkEvents(first, leaves);
      for (const leaf of leaves) await this.append(leaf, heads);
    }
  }

  private async checkEvents(first: number, leafHashes: readonly Uint8Array[]): Promise<void> {
    const rows = await this.record.rows(first, first + leafHashes.length);
    for (const [at, leaf] of leafHashes.entries()) {
      const row = rows.get(first + at);
      if (!row) {
        this.report({ part: 'entry', index: first + at, detail: 'the database has no entry of this index' });
        continue;
      }
      if (row.id === null && this.isRecovered(first + at)) {
        this.lost.push(first + at);
        this.report(...findEventFaults(row, leaf).filter(({ part }) => part === 'entry'));
        continue;
      }
      this.report(...findEventFaults(row, leaf));
      if (isErased(row)) this.erased++;
    }
  }

  private isRecovered(index: number): boolean {
    return this.recovered.some(({ from, to }) => from <= index && index < to);
  }

  private async publishedSize(): Promise<number> {
    const [last] = await this.parts.database.query<{ size: string | null }>(
      'SELECT max(size) AS size FROM amana.log_checkpoint',
    );
    return Number(last?.size ?? 0);
  }

  private async committed(): Promise<{ size: number; root: Buffer }> {
    const [state] = await this.parts.database.query<{ size: string; root: Buffer }>(
      'SELECT size, root FROM amana.log_state',
    );
    if (!state) throw new Error('the log has no state: the database is not migrated');
    return { size: Number(state.size), root: state.root };
  }

  /** All published checkpoints and the committed state, by size. A checkpoint that is not one is reported and left out. */
  private async *heads(
    committed: { size: number; root: Buffer },
    published: number,
  ): AsyncGenerator<ExpectedHead, undefined> {
    const state: ExpectedHead = {
      ...committed,
      fault: { part: 'state', index: committed.size, detail: `the committed root over ${committed.size} entries` },
    };
    let told = false;
    for await (const { size, note } of this.checkpoints(published)) {
      if (!told && size > state.size) {
        told = true;
        this.report({
          part: 'state',
          index: state.size,
          detail: `a checkpoint over ${size} entries is published, more than are committed`,
        });
        yield state;
      }
      const fault = {
        part: 'checkpoint',
        index: size,
        detail: `the published checkpoint over ${size} entries`,
      } as const;
      const signed = this.open(note, size);
      if (signed) yield { size, root: Buffer.from(signed.root), fault };
      else
        this.report({
          ...fault,
          detail: `${fault.detail} is not signed by the log's key, or is of another log or size`,
        });
    }
    if (!told) yield state;
    return undefined;
  }

  private async *checkpoints(upTo: number): AsyncGenerator<{ size: number; note: string }> {
    for (let after = -1; ;) {
      const rows = await this.parts.database.query<{ size: string; note: string }>(
        `SELECT size, note FROM amana.log_checkpoint WHERE size > $1 AND size <= $2 ORDER BY size LIMIT ${BATCH}`,
        [after, upTo],
      );
      for (const { size, note } of rows) yield { size: Number(size), note };
      if (rows.length < BATCH) return;
      after = Number(rows.at(-1)?.size);
    }
  }

  /** The largest head that carries the log's signature; that of the empty log where there is none. */
  private async lastSigned(upTo: number): Promise<TreeHead> {
    for (let largest = upTo; ;) {
      const [row] = await this.parts.database.query<{ size: string; note: string }>(
        'SELECT size, note FROM amana.log_checkpoint WHERE size <= $1 ORDER BY size DESC LIMIT 1',
        [largest],
      );
      if (!row) return { size: 0, root: this.edge.root() };
      const signed = this.open(row.note, Number(row.size));
      if (signed) return signed;
      largest = Number(row.size) - 1;
    }
  }

  private open(note: string, size: number): TreeHead | null {
    const { key } = this.parts;
    try {
      const checkpoint = parseCheckpoint(openNote(Buffer.from(note, 'utf8'), [key]).text, { extensionLines: 'refuse' });
      return checkpoint.origin === key.name && checkpoint.size === size ? checkpoint : null;
    } catch (error) {
      if (error instanceof ProofError) return null;
      throw error;
    }
  }

  private report(...faults: readonly FsckFault[]): void {
    this.faults.push(...faults.slice(0, MAX_FAULTS - this.faults.length));
  }
}

/** A root that a tree of this size must have, and what is wrong when it has another. */
interface ExpectedHead {
  readonly size: number;
  readonly root: Buffer;
  readonly fault: FsckFault;
}

/** Heads by size, each taken when the walk has come to it. */
class HeadsToCome {
  private next: ExpectedHead | null | undefined;

  constructor(private readonly heads: AsyncGenerator<ExpectedHead, undefined>) {}

  /** The next head if it is not over more entries than these; null when none is. */
  async take(size: number): Promise<ExpectedHead | null> {
    this.next ??= (await this.heads.next()).value ?? null;
    const head = this.next;
    if (!head || head.size > size) return null;
    this.next = undefined;
    return head;
  }
}
