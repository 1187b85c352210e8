import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from '../../../test/support/database.js';
import { serviceUrl } from '../../../test/support/services.js';
import { Outbox } from '#server/outbox';
import { postgresQueue, redisQueue } from './bull-queue.js';
import { OutboxDispatcher } from './outbox-dispatcher.js';
import { runOnce } from './job.js';

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

describe.each(['postgres', 'redis'])('x %s', (kind) => {
  it('y', async () => {
    const queue =
      kind === 'postgres'
        ? postgresQueue(db.workerUrl, (e, k) => console.log(k, e))
        : redisQueue(await serviceUrl('redis'), (e, k) => console.log(k, e));
    const ran: string[] = [];
    queue.start({
      topic: 'review-event',
      concurrency: 4,
      run: async (job) => {
        await runOnce(worker.database, job.outboxKey, async () => {
          ran.push(job.outboxKey);
        });
      },
    });
    await api.database.asPlatform(async (tx) => {
      for (let i = 0; i < 50; i++) await new Outbox().ask(tx, 'review-event', `${kind}${i}`, { eventId: 'x' });
    });
    const dispatcher = new OutboxDispatcher(worker.database, queue, (e) => console.log('disp', e));
    const t = performance.now();
    console.log(await dispatcher.dispatch());
    while (ran.length < 50) await delay(10);
    console.log(performance.now() - t);
    expect(await dispatcher.dispatch()).toBe(0);
    await queue.close();
  });
});
