import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { GroupCommit } from '#server/group-commit';
import type { PartBody, StoredPart } from '../evidence-store.js';
import { StoreError } from '../store-error.js';
import { asStoreError } from './durable-files.js';
import { appendRecords, partsIn, type JournalRecord } from './part-journal.js';
import { PartWriter } from './part-writer.js';

export interface IncomingPart {
  readonly number: number;
  readonly sizeBytes: number;
  readonly offset: number;
  readonly body: PartBody;
  readonly sha256: Uint8Array | null;
}

interface Attempt {
  stop: (error: StoreError) => void;
  over: Promise<unknown>;
}

/**
 * The files of an upload while parts come in: every part at its offset in one data file, and the journal of those that
 * are whole. Only one attempt at a part writes at a time; a newer one stops the older, which its sender has given up.
 */
export class OpenUpload {
  private readonly attempts = new Map<number, Attempt>();
  /** One journal, one lane. */
  private readonly commits = new GroupCommit<JournalRecord, 'written'>(
    () => '',
    (records) => this.commit(records),
  );
  private ended: StoreError | null = null;
  private closing: Promise<void> | null = null;

  /** @param whole numbers of the parts that the journal holds */
  constructor(
    private readonly data: FileHandle,
    private readonly journal: FileHandle,
    private readonly whole: Set<number>,
  ) {}

  /** @throws ENOENT */
  static async open(dataPath: string, journalPath: string): Promise<OpenUpload> {
    const data = await open(dataPath, 'r+');
    try {
      const journal = await open(journalPath, constants.O_RDWR | constants.O_APPEND);
      const parts = partsIn(await journal.readFile('utf8'));
      return new OpenUpload(data, journal, new Set(parts.map(({ number }) => number)));
    } catch (error) {
      await data.close();
      throw error;
    }
  }

  /** Why no more parts can come in here, if so. */
  get closedBy(): StoreError | null {
    return this.ended;
  }

  get idle(): boolean {
    return this.attempts.size === 0;
  }

  /** Durable on return. */
  put(part: IncomingPart): Promise<StoredPart> {
    const before = this.attempts.get(part.number);
    before?.stop(new StoreError('superseded', `part ${part.number} came again`));
    const attempt: Attempt = { stop: () => undefined, over: Promise.resolve() };
    const stored = this.write(part, attempt, before?.over);
    attempt.over = stored.catch(() => undefined);
    this.attempts.set(part.number, attempt);
    return stored.finally(() => {
      if (this.attempts.get(part.number) === attempt) this.attempts.delete(part.number);
    });
  }

  /** Stops every part under way with this error, waits until nothing writes any more, and closes the files. */
  end(error: StoreError): Promise<void> {
    this.closing ??= this.close(error);
    return this.closing;
  }

  private async close(error: StoreError): Promise<void> {
    this.ended ??= error;
    for (const { stop } of this.attempts.values()) stop(this.ended);
    await Promise.all([...this.attempts.values()].map(({ over }) => over));
    await this.data.close();
    await this.journal.close();
  }

  private async write(part: IncomingPart, attempt: Attempt, before: Promise<unknown> | undefined): Promise<StoredPart> {
    let stopped: StoreError | null = this.ended;
    attempt.stop = (error) => (stopped ??= error);
    const proceed = (): void => {
      if (stopped !== null) throw stopped;
    };
    await before;
    proceed();
    if (this.whole.delete(part.number)) await this.commits.add({ voided: part.number });
    proceed();
    const writer = new PartWriter(this.data, part.offset, part.body, part);
    attempt.stop = (error) => writer.stop(error);
    const sha256 = await writer.done;
    const tag = sha256.toString('hex');
    await this.commits.add({ part: part.number, sizeBytes: part.sizeBytes, tag });
    this.whole.add(part.number);
    return { number: part.number, sizeBytes: part.sizeBytes, tag };
  }

  private async commit(records: readonly JournalRecord[]): Promise<readonly 'written'[]> {
    if (this.ended !== null) throw this.ended;
    try {
      if (records.some((record) => 'part' in record)) await this.data.datasync();
      await appendRecords(this.journal, records);
      return records.map(() => 'written');
    } catch (error) {
      // After a failed sync the kernel may drop what it could not write and call the next sync a success. So no part
      // that wrote through this handle may count any more.
      this.ended = asStoreError(error, 'the part');
      for (const { stop } of this.attempts.values()) stop(this.ended);
      throw this.ended;
    }
  }
}
