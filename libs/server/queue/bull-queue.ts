import {
  type BackendFactory,
  createPostgresBackend,
  createRedisBackend,
  type IQueueBackend,
  type JobsOptions,
  type PgPool,
  type Queue,
  withBackend,
  type Worker,
} from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { JOB_TOPICS, type JobTopic } from '#server/outbox';
import type { JobQueue, JobRunner, QueuedJob } from './job-queue.js';

/**
 * A finished or failed job is forgotten at once: a key that BullMQ still knew would make it ignore the same job when the outbox, which
 * alone knows what is done, asks for it again.
 */
const JOB_OPTIONS: JobsOptions = {
  attempts: 3,
  backoff: { type: 'exponential', delay: 1000, jitter: 0.5 },
  removeOnComplete: true,
  removeOnFail: true,
};
/** A worker that shows no life for so long has lost its jobs to another. */
const LOCK_MS = 30_000;
const STALLED_CHECK_MS = 10_000;

interface JobData {
  readonly payload: unknown;
}

/** Told of errors of connections and of attempts that failed. */
export type QueueErrorListener = (error: Error, outboxKey: string | null) => void;

/** Jobs in Redis, by BullMQ. Wants `maxmemory-policy noeviction`. Adding fails fast when Redis is away; taking waits for it. */
export function redisQueue(redisUrl: string, onError: QueueErrorListener): JobQueue {
  const adding = new Redis(redisUrl, { maxRetriesPerRequest: 1 });
  const taking = new Redis(redisUrl, { maxRetriesPerRequest: null });
  for (const connection of [adding, taking]) connection.on('error', (error) => onError(error, null));
  return new BullQueue(createRedisBackend, { adding, taking }, onError, {
    ping: async () => {
      await adding.ping();
    },
    end: async () => {
      await Promise.all([adding, taking].map((connection) => connection.quit().catch(() => connection.disconnect())));
    },
  });
}

/** Connections that BullMQ may use besides one a topic, on which it listens. */
const POSTGRES_CONNECTIONS = 6;

/** Jobs in the platform's own PostgreSQL, by BullMQ, in the schema that `migrate` made: for where there is no Redis. */
export function postgresQueue(databaseUrl: string, onError: QueueErrorListener): JobQueue {
  const pool = new Pool({
    connectionString: databaseUrl,
    max: POSTGRES_CONNECTIONS + JOB_TOPICS.length,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
    options: '-c search_path=bullmq',
    application_name: 'amana-queue',
  });
  pool.on('error', (error) => onError(error, null));
  // BullMQ's own words for what it needs of a pool; its overloads are stricter than pg's.
  const connection = pool as unknown as PgPool;
  return new BullQueue(createPostgresBackend, { adding: connection, taking: connection }, onError, {
    ping: async () => {
      await pool.query('SELECT');
    },
    end: () => pool.end(),
  });
}

/** One BullMQ queue a topic, so that long jobs of one never keep those of another waiting. */
class BullQueue<Connection> implements JobQueue {
  private readonly queues = new Map<JobTopic, Queue>();
  private readonly workers: Worker[] = [];

  constructor(
    private readonly backend: BackendFactory<IQueueBackend, Connection>,
    private readonly connections: { readonly adding: Connection; readonly taking: Connection },
    private readonly onError: QueueErrorListener,
    private readonly server: { ping(): Promise<void>; end(): Promise<void> },
  ) {}

  async add({ topic, outboxKey, payload }: QueuedJob): Promise<void> {
    const data: JobData = { payload };
    await this.queue(topic).add(topic, data, { ...JOB_OPTIONS, jobId: outboxKey });
  }

  start({ topic, concurrency, run }: JobRunner): void {
    const { Worker } = withBackend(this.backend);
    const worker = new Worker<JobData>(
      nameOf(topic),
      async ({ id = '', data }) => {
        await run({ topic, outboxKey: id, payload: data.payload });
      },
      {
        connection: this.connections.taking,
        concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: STALLED_CHECK_MS,
      },
    );
    worker.on('error', (error) => this.onError(error, null));
    worker.on('failed', (job, error) => this.onError(error, job?.id ?? null));
    this.workers.push(worker as unknown as Worker);
  }

  ping(): Promise<void> {
    return this.server.ping();
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.close()));
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    await this.server.end();
  }

  private queue(topic: JobTopic): Queue {
    const known = this.queues.get(topic);
    if (known) return known;
    const { Queue } = withBackend(this.backend);
    const queue = new Queue(nameOf(topic), { connection: this.connections.adding }) as unknown as Queue;
    queue.on('error', (error) => this.onError(error, null));
    this.queues.set(topic, queue);
    return queue;
  }
}

const nameOf = (topic: JobTopic): string => `amana-${topic}`;
