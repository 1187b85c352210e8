import type { Database } from '#server/database';
import { type RecordRow, readRecord } from './fsck-events.js';

/** Entries read with one question. */
const STRETCH = 2048;

interface Stretch {
  readonly from: number;
  readonly rows: Promise<Map<number, RecordRow>>;
}

/** The record read in long stretches, the next one on its way while this one is checked. Holds two of them. */
export class RecordAhead {
  private current: Stretch | null = null;
  private next: Stretch | null = null;

  constructor(private readonly database: Database) {}

  /** Entries [from, to) by index, asked for in the order of the log; those that are not there are missing from the map. */
  async rows(from: number, to: number): Promise<ReadonlyMap<number, RecordRow>> {
    const rows = new Map<number, RecordRow>();
    for (let index = from; index < to;) {
      const stretch = this.stretchAt(index);
      const until = Math.min(to, stretch.from + STRETCH);
      const read = await stretch.rows;
      for (; index < until; index += 1) {
        const row = read.get(index);
        if (row) rows.set(index, row);
      }
    }
    return rows;
  }

  private stretchAt(index: number): Stretch {
    const from = index - (index % STRETCH);
    if (this.current?.from !== from) {
      this.current = this.next?.from === from ? this.next : this.read(from);
      this.next = this.read(from + STRETCH);
    }
    return this.current;
  }

  private read(from: number): Stretch {
    const rows = readRecord(this.database, from, from + STRETCH);
    // One that is never asked for is never told of.
    rows.catch(() => undefined);
    return { from, rows };
  }
}
