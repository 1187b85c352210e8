import type { JobTopic } from '#server/outbox';

/** A job as it lies in the queue. */
export interface QueuedJob {
  readonly topic: JobTopic;
  /** Key of its outbox row. While a job with this key is in the queue, adding it again changes nothing. */
  readonly outboxKey: string;
  readonly payload: unknown;
}

export interface JobRunner {
  readonly topic: JobTopic;
  readonly concurrency: number;
  readonly run: (job: QueuedJob) => Promise<void>;
}

/**
 * Brings jobs to the workers. It may lose or repeat any of them: the outbox is what remembers, the queue only spreads work over
 * processes and paces retries.
 */
export interface JobQueue {
  /** @throws when the queue is away or full; nothing is lost, the outbox asks again */
  add(job: QueuedJob): Promise<void>;
  /** Begins to take jobs of the runner's topic. */
  start(runner: JobRunner): void;
  /** @throws when the queue does not answer */
  ping(): Promise<void>;
  /** Waits for the jobs that run, then lets go of every connection. */
  close(): Promise<void>;
}
