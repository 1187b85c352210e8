import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { CONFIG } from '#server/config';
import { Database } from '#server/database';
import { type Jobs, Outbox } from '#server/outbox';
import { freshDatabase, openDatabase, type OpenDatabase, type TestDatabase } from '../../../test/support/database.js';
import { type JobProcessor, ProcessorError, processorsByTopic, QueueModule, runOnce } from './index.js';

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

const seen: string[] = [];

/**
 * How a processor is written: one topic, the slow and repeatable part first, then the one effect through `runOnce`. In the worker it
 * lives in `apps/worker/review-event.processor.ts` and is listed in `processors.ts`.
 */
@Injectable()
class ReviewEventProcessor implements JobProcessor<'review-event'> {
  readonly topic = 'review-event';

  constructor(private readonly database: Database) {}

  async process({ eventId }: Jobs['review-event'], outboxKey: string): Promise<void> {
    await runOnce(this.database, outboxKey, async () => {
      seen.push(eventId);
    });
  }
}

@Injectable()
class RecheckExhibitProcessor implements JobProcessor<'recheck-exhibit'> {
  readonly topic = 'recheck-exhibit';
  readonly concurrency = 1;

  constructor(private readonly database: Database) {}

  async process({ exhibitId }: Jobs['recheck-exhibit'], outboxKey: string): Promise<void> {
    await runOnce(this.database, outboxKey, async () => {
      seen.push(exhibitId);
    });
  }
}

/** What the worker's other modules give, here over the database of the test. */
function world() {
  @Module({
    providers: [
      { provide: Database, useValue: worker.database },
      { provide: CONFIG, useValue: { databaseUrl: db.workerUrl, redisUrl: null } },
    ],
    exports: [Database, CONFIG],
  })
  class World {}
  return { module: World, global: true };
}

describe('the queue of a worker', () => {
  it('brings what the API asked for to the processor of its topic', async () => {
    const app = await Test.createTestingModule({
      imports: [world(), QueueModule.withProcessors([ReviewEventProcessor, RecheckExhibitProcessor])],
    }).compile();
    await app.init();
    await api.database.asPlatform(async (tx) => {
      await new Outbox().ask(tx, 'review-event', 'one', { eventId: 'one' });
      await new Outbox().ask(tx, 'recheck-exhibit', 'two', { exhibitId: 'two' });
    });
    while (seen.length < 2) await delay(10);
    expect(seen.sort()).toEqual(['one', 'two']);
    await app.close();
  });

  it('does not start when a topic has no processor', async () => {
    const booting = Test.createTestingModule({
      imports: [world(), QueueModule.withProcessors([ReviewEventProcessor])],
    }).compile();
    await expect(booting).rejects.toThrow('refusing to start: recheck-exhibit has no processor');
  });

  it.each([
    [[], 'recheck-exhibit has no processor; review-event has no processor'],
    [['review-event', 'review-event', 'recheck-exhibit'], 'review-event has 2 processors'],
    [['review-event', 'recheck-exhibit', 'brew-coffee'], 'brew-coffee is no topic of the outbox'],
  ])('does not start with processors of %j', (topics, why) => {
    const processors = topics.map((topic) => ({ topic, process: async () => undefined }) as unknown as JobProcessor);
    expect(() => processorsByTopic(processors)).toThrow(ProcessorError);
    expect(() => processorsByTopic(processors)).toThrow(why);
  });
});
