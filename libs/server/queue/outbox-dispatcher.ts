import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#server/database';
import type { JobTopic } from '#server/outbox';
import type { JobQueue } from './job-queue.js';

export interface DispatcherOptions {
  /** How often new rows are looked for. */
  readonly pollMs?: number;
  /** A job that is not done so long after it was brought to the queue is brought there again. */
  readonly sweepAfterMs?: number;
}

const POLL_MS = 250;
const SWEEP_AFTER_MS = 20_000;
/** Old jobs that keep failing are swept less and less often, in a fixed part of their age, at last as seldom as this. */
const SWEEP_AT_MOST_MS = 15 * 60_000;
const AGE_PART = 0.25;
const BATCH = 200;

interface OutboxRow {
  readonly topic: JobTopic;
  readonly key: string;
  readonly payload: unknown;
}

/**
 * Brings outbox rows to the queue until they are done. Rows are claimed before they are added: a crash in between, a queue that is away,
 * full or flushed, or a job that it lost, all end the same way: the row is swept up later. So nothing but PostgreSQL must remember.
 */
export class OutboxDispatcher {
  constructor(
    private readonly database: Database,
    private readonly queue: JobQueue,
    private readonly onError: (error: unknown) => void,
    private readonly options: DispatcherOptions = {},
  ) {}

  /** Until told to stop; any number of processes may run it at once. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      let dispatched = 0;
      try {
        dispatched = await this.dispatch();
      } catch (error) {
        this.onError(error);
      }
      if (dispatched < BATCH) {
        await delay(this.options.pollMs ?? POLL_MS, undefined, { signal: stop }).catch(() => undefined);
      }
    }
  }

  /** One round; returns how many jobs came to the queue. */
  async dispatch(): Promise<number> {
    const rows = await this.claim();
    const added = await Promise.allSettled(
      rows.map(({ topic, key, payload }) => this.queue.add({ topic, outboxKey: key, payload })),
    );
    const failed = added.filter((outcome) => outcome.status === 'rejected');
    if (failed[0]) this.onError(failed[0].reason);
    return rows.length - failed.length;
  }

  private claim(): Promise<OutboxRow[]> {
    return this.database.asPlatform(async (tx) => {
      const [rows] = await tx.query<[OutboxRow[], number]>(
        `UPDATE amana.outbox SET dispatched_at = now() WHERE id IN (
           SELECT id FROM amana.outbox WHERE done_at IS NULL AND (dispatched_at IS NULL OR dispatched_at < now()
             - least(greatest($1 * interval '1 ms', (now() - created_at) * $2), $3 * interval '1 ms'))
           ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
         RETURNING topic, key, payload`,
        [this.options.sweepAfterMs ?? SWEEP_AFTER_MS, AGE_PART, SWEEP_AT_MOST_MS],
      );
      return rows;
    });
  }
}
