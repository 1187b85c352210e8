import type { Database, Transaction } from '#server/database';
import { faultPoint } from '#server/faults';
import type { Jobs, JobTopic } from '#server/outbox';

/**
 * Does one kind of job. A job may be delivered more than once, also while another delivery of it still runs (its worker was stopped and
 * woke up late): all that it changes must go through `runOnce`, and what it does before must do no harm when repeated.
 */
export interface JobProcessor<Topic extends JobTopic = JobTopic> {
  readonly topic: Topic;
  /** Jobs of this topic at once in one process; 4 if not said. */
  readonly concurrency?: number;
  /** Resolves when the job is done or need not be done any more; rejects to have it tried again later. */
  process(payload: Jobs[Topic], outboxKey: string): Promise<void>;
}

/** An array of all processors of a process: injection token. */
export const JOB_PROCESSORS = Symbol('JobProcessors');

/**
 * Runs the effect of a job once, however often the job is delivered: the outbox row is the fence, locked, and marked done in the
 * transaction of the effect. A second delivery waits for the first and then finds it done. Keep long work out of `effect`: the
 * transaction must not stay open while bytes are read.
 * @throws Error when the outbox has no such row, so that nothing is done that nobody asked for
 */
export async function runOnce(
  database: Database,
  outboxKey: string,
  effect: (tx: Transaction) => Promise<void>,
): Promise<'done' | 'was-done'> {
  faultPoint('before-effect');
  const outcome = await database.asPlatform(async (tx) => {
    const [row] = await tx.query<{ done: boolean }[]>(
      'SELECT done_at IS NOT NULL AS done FROM amana.outbox WHERE key = $1 FOR UPDATE',
      [outboxKey],
    );
    if (!row) throw new Error(`the outbox has no row ${outboxKey}`);
    if (row.done) return 'was-done';
    await effect(tx);
    await tx.query('UPDATE amana.outbox SET done_at = now() WHERE key = $1', [outboxKey]);
    faultPoint('after-effect');
    return 'done';
  });
  faultPoint('effect-committed');
  return outcome;
}
