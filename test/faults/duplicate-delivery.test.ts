// Every job of every topic delivered three times at once, and then once more: each has one effect.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule } from '#server/config';
import { CustodyModule } from '#server/custody';
import { DatabaseModule } from '#server/database';
import { OperationsModule } from '#server/operations';
import { JOB_TOPICS, type JobTopic, OutboxModule } from '#server/outbox';
import { type JobProcessor, processorsByTopic } from '#server/queue';
import { StorageModule } from '#server/storage';
import { createApi } from '../../apps/api/api.js';
import { PROCESSOR_IMPORTS, PROCESSORS } from '../../apps/worker/processors.js';
import { eventsOf } from '../support/records.js';
import { bringIn, sampleExhibit } from '../support/sample-exhibit.js';
import { openFaultWorld, type OpenFaultWorld } from './fault-world.js';

/** A worker without its queue: the test delivers. */
@Module({
  imports: [
    ConfigModule,
    DatabaseModule,
    StorageModule,
    OutboxModule,
    CustodyModule,
    OperationsModule,
    ...PROCESSOR_IMPORTS,
  ],
  providers: [...PROCESSORS],
})
class Deliveries {}

let opened: OpenFaultWorld;
beforeAll(async () => {
  opened = await openFaultWorld(createApi);
});
afterAll(() => opened.close());

interface Job {
  readonly topic: JobTopic;
  readonly key: string;
  readonly payload: never;
}

it('does every job once, however often it is delivered', async () => {
  const { world, client } = opened;
  const officer = world.directory.tripoli.investigator;
  const exhibits = [await sampleExhibit(officer), await sampleExhibit(officer), await sampleExhibit(officer)];
  for (const exhibit of exhibits) await bringIn(client, exhibit);
  // One whose bytes are not what was signed: its recheck asks for a review, which is the other topic.
  const [broken] = exhibits;
  await world.query(
    `UPDATE amana.evidence_file SET version_id = '00000009-' || repeat('0', 32) WHERE exhibit_id = $1`,
    [broken?.id],
  );

  Object.assign(process.env, world.workerEnvironment);
  const worker = await NestFactory.createApplicationContext(Deliveries, { logger: ['error'] });
  const processors = processorsByTopic(PROCESSORS.map((processor) => worker.get<JobProcessor>(processor)));
  const pending = () =>
    world.query<Job>(`SELECT topic, key, payload FROM amana.outbox WHERE done_at IS NULL ORDER BY id`);
  const delivered = new Map<string, Job>();
  for (let jobs = await pending(); jobs.length > 0; jobs = await pending()) {
    for (const job of jobs) {
      delivered.set(job.key, job);
      const deliver = async () => processors.get(job.topic)?.process(job.payload, job.key);
      await Promise.all([deliver(), deliver(), deliver()]);
    }
  }
  for (const { topic, key, payload } of delivered.values()) await processors.get(topic)?.process(payload, key);
  await worker.close();

  expect([...new Set([...delivered.values()].map(({ topic }) => topic))].sort()).toEqual([...JOB_TOPICS].sort());
  for (const { id } of exhibits) {
    const events = await eventsOf(world, id);
    expect(events.map(({ exhibitSeq }) => exhibitSeq)).toEqual(events.map((_, at) => at + 1));
    const ends = events.map(({ kind }) => kind).filter((kind) => /^exhibit-(sealed|quarantined)$/.test(kind));
    expect(ends).toEqual([id === broken?.id ? 'exhibit-quarantined' : 'exhibit-sealed']);
  }
  const reviews = await world.query<{ n: string }>(
    `SELECT count(*) AS n FROM amana.review r JOIN amana.custody_event e ON e.id = r.event_id WHERE e.exhibit_id = $1 GROUP BY e.id, r.rule`,
    [broken?.id],
  );
  expect(reviews.length).toBeGreaterThan(0);
  expect(reviews.every(({ n }) => n === '1')).toBe(true);
});
