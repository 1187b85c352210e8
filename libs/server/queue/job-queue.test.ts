import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Outbox } from '#server/outbox';
import { startRedis } from '../../../scripts/services/redis.js';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from '../../../test/support/database.js';
import { requires } from '../../../test/support/requires.js';
import { serviceUrl } from '../../../test/support/services.js';
import { postgresQueue, redisQueue } from './bull-queue.js';
import { runOnce } from './job.js';
import type { JobQueue, QueuedJob } from './job-queue.js';
import { OutboxDispatcher } from './outbox-dispatcher.js';

const JOBS = 20;
/** So short that a test need not wait for a sweep, so long that a job in hand is not swept. */
const SWEEP_AFTER_MS = 400;

let db: TestDatabase;
let api: OpenDatabase;
let worker: OpenDatabase;
beforeAll(async () => {
  db = await freshDatabase();
  api = await openDatabase(db.appUrl);
  worker = await openDatabase(db.workerUrl);
});
afterAll(async () => {
  await api.close();
  await worker.close();
  await db.drop();
});

const errors: string[] = [];
const noteError = (error: unknown) => errors.push(String(error));
beforeEach(() => {
  errors.splice(0);
});

/** Asks for jobs as the API does, each of its own name. */
let asked = 0;
async function ask(count: number): Promise<string[]> {
  const names = Array.from({ length: count }, () => `job-${++asked}`);
  await api.database.asPlatform(async (tx) => {
    for (const name of names) await new Outbox().ask(tx, 'review-event', name, { eventId: name });
  });
  return names.map((name) => `review-event/${name}`);
}

/** What the jobs did: a row each time an effect was committed. */
async function effects(): Promise<string[]> {
  const rows = await worker.database.query<{ key: string }>('SELECT key FROM amana.outbox WHERE done_at IS NOT NULL');
  return rows.map(({ key }) => key);
}

async function untilDone(keys: readonly string[]): Promise<void> {
  for (;;) {
    const done = await effects();
    if (keys.every((key) => done.includes(key))) return;
    await delay(10);
  }
}

const dispatcherOf = (queue: JobQueue) =>
  new OutboxDispatcher(worker.database, queue, noteError, { pollMs: 20, sweepAfterMs: SWEEP_AFTER_MS });

const onPostgres = {
  kind: 'PostgreSQL',
  open: async () => postgresQueue(db.workerUrl, noteError),
  flush: flushPostgres,
};
const onRedis = {
  kind: 'Redis',
  open: async () => redisQueue(await serviceUrl('redis'), noteError),
  flush: flushRedis,
};

async function flushPostgres(): Promise<void> {
  const owner = await openDatabase(db.ownerUrl, 1);
  await owner.source.query('DELETE FROM bullmq.job');
  await owner.close();
}

async function flushRedis(): Promise<void> {
  const redis = new Redis(await serviceUrl('redis'));
  await redis.flushall();
  await redis.quit();
}

describe('jobs kept in PostgreSQL', () => behavesAsQueue(onPostgres));
requires('redis-server')('jobs kept in Redis', () => behavesAsQueue(onRedis));

function behavesAsQueue({ open, flush }: typeof onPostgres): void {
  let queue: JobQueue;
  const stops: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    queue = await open();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await queue.close();
  });

  function dispatching(): void {
    const stop = new AbortController();
    const running = dispatcherOf(queue).run(stop.signal);
    stops.push(async () => {
      stop.abort();
      await running;
    });
  }

  const done: string[] = [];
  const work = async ({ outboxKey }: QueuedJob) => {
    await runOnce(worker.database, outboxKey, async () => {
      done.push(outboxKey);
    });
  };

  it('does every job that was asked for, once', async () => {
    queue.start({ topic: 'review-event', concurrency: 4, run: work });
    dispatching();
    const keys = await ask(JOBS);
    await untilDone(keys);
    expect(done.filter((key) => keys.includes(key)).sort()).toEqual([...keys].sort());
  });

  it('asks nothing of the queue twice while the job is in hand', async () => {
    const keys = await ask(3);
    const dispatcher = dispatcherOf(queue);
    expect(await dispatcher.dispatch()).toBe(3);
    expect(await dispatcher.dispatch()).toBe(0);
    queue.start({ topic: 'review-event', concurrency: 4, run: work });
    await untilDone(keys);
  });

  it('drains again when the queue was flushed', async () => {
    const keys = await ask(JOBS);
    expect(await dispatcherOf(queue).dispatch()).toBe(JOBS);
    await flush();
    queue.start({ topic: 'review-event', concurrency: 4, run: work });
    dispatching();
    await untilDone(keys);
    expect(done.filter((key) => keys.includes(key)).sort()).toEqual([...keys].sort());
  });

  it('tries a job that failed again, until it is done', async () => {
    const failures = new Map<string, number>();
    queue.start({
      topic: 'review-event',
      concurrency: 4,
      run: async (job) => {
        const before = failures.get(job.outboxKey) ?? 0;
        failures.set(job.outboxKey, before + 1);
        if (before < 2) throw new Error('not yet');
        await work(job);
      },
    });
    dispatching();
    const keys = await ask(2);
    await untilDone(keys);
    expect(errors.filter((error) => error.includes('not yet')).length).toBeGreaterThanOrEqual(4);
  });

  it('brings a job again that its queue takes for done and the outbox does not', async () => {
    const deliveries = new Map<string, number>();
    queue.start({
      topic: 'review-event',
      concurrency: 4,
      run: async (job) => {
        deliveries.set(job.outboxKey, (deliveries.get(job.outboxKey) ?? 0) + 1);
        if (deliveries.get(job.outboxKey) === 3) await work(job);
      },
    });
    dispatching();
    const keys = await ask(2);
    await untilDone(keys);
    expect(keys.map((key) => deliveries.get(key))).toEqual([3, 3]);
  });

  it('answers a ping', async () => {
    await queue.ping();
  });
}

describe('the fence around a job', () => {
  it('lets a job that is delivered three times at once have one effect', async () => {
    const [key = ''] = await ask(1);
    let ran = 0;
    const deliver = () =>
      runOnce(worker.database, key, async (tx) => {
        ran += 1;
        await tx.query('SELECT pg_sleep(0.05)');
      });
    expect((await Promise.all([deliver(), deliver(), deliver()])).sort()).toEqual(['done', 'was-done', 'was-done']);
    expect(ran).toBe(1);
  });

  it('leaves a job undone when its effect fails, with nothing of it', async () => {
    const [key = ''] = await ask(1);
    const failing = runOnce(worker.database, key, async (tx) => {
      await new Outbox().ask(tx, 'review-event', 'never', { eventId: 'never' });
      throw new Error('broke');
    });
    await expect(failing).rejects.toThrow('broke');
    expect(await effects()).not.toContain(key);
    expect(await worker.database.query(`SELECT FROM amana.outbox WHERE key = 'review-event/never'`)).toEqual([]);
    expect(await runOnce(worker.database, key, async () => undefined)).toBe('done');
  });

  it('does nothing that nobody asked for', async () => {
    await expect(runOnce(worker.database, 'review-event/unasked', async () => undefined)).rejects.toThrow('no row');
  });
});

requires('redis-server')('a Redis that fails', () => {
  it('holds nothing up while it is away, and nothing is lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'amana-redis-'));
    const first = await startRedis({ folder });
    const queue = redisQueue(first.url, noteError);
    try {
      const dispatcher = dispatcherOf(queue);
      const keys = await ask(JOBS);
      expect(await dispatcher.dispatch()).toBe(JOBS);
      await first.kill();
      keys.push(...(await ask(JOBS)));
      const began = performance.now();
      expect(await dispatcher.dispatch()).toBe(0);
      expect(performance.now() - began).toBeLessThan(5000);
      expect(errors.length).toBeGreaterThan(0);
      const second = await startRedis({ folder, preferredPort: first.port });
      expect(second.port).toBe(first.port);
      queue.start({
        topic: 'review-event',
        concurrency: 4,
        run: async ({ outboxKey }) => {
          await runOnce(worker.database, outboxKey, async () => undefined);
        },
      });
      const stop = new AbortController();
      const running = dispatcher.run(stop.signal);
      await untilDone(keys);
      stop.abort();
      await running;
      await queue.close();
      await second.stop();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('that is full takes no job, and the job waits in the outbox', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'amana-redis-'));
    const redis = await startRedis({ folder, settings: { maxmemory: '1' } });
    const queue = redisQueue(redis.url, noteError);
    const admin = new Redis(redis.url);
    try {
      const keys = await ask(2);
      const dispatcher = dispatcherOf(queue);
      expect(await dispatcher.dispatch()).toBe(0);
      expect(errors.join()).toMatch(/OOM|maxmemory/);
      await admin.config('SET', 'maxmemory', '0');
      await delay(SWEEP_AFTER_MS);
      expect(await dispatcher.dispatch()).toBeGreaterThanOrEqual(keys.length);
    } finally {
      await admin.quit();
      await queue.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
