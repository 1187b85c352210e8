// Workers that are killed, or stopped past their lease, in the middle of a job: one effect, whoever finishes it.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fsck, LogStore } from '#server/custody';
import { type EvidenceStore, storeFrom } from '#server/storage';
import { openWorld, spawnApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import { testLogKey } from '../support/custody.js';
import { openDatabase } from '../support/database.js';
import { kindsOf, until } from '../support/records.js';
import { bringIn, sampleExhibit } from '../support/sample-exhibit.js';
import { spawnWorker, untilReady, type WorkerProcess } from '../support/worker.js';

const STEPS = ['before-effect', 'after-effect', 'effect-committed'] as const;

let world: TestWorld;
let store: EvidenceStore;
let client: ApiClient;
beforeAll(async () => {
  world = await openWorld();
  store = await storeFrom(world.storeUrl);
  client = await (await spawnApi(world)).as(world.directory.tripoli.investigator);
});
afterAll(async () => {
  await store.close();
  await world.end();
});

async function broughtIn(): Promise<string> {
  const exhibit = await sampleExhibit(world.directory.tripoli.investigator);
  await bringIn(client, exhibit);
  return exhibit.id;
}

const isStopped = ({ pid }: WorkerProcess) => /\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
const timesSealed = async (exhibitId: string) =>
  (await kindsOf(world, exhibitId)).filter((kind) => kind === 'exhibit-sealed').length;
const headSize = async () => {
  const [head] = await world.query<{ size: string | null }>('SELECT max(size) AS size FROM amana.log_checkpoint');
  return Number(head?.size ?? 0);
};

describe('a job whose worker', () => {
  // A job of a worker that shows no life is another's after its lock of 30 s, at the next look for such jobs.
  it('is killed at any of its steps, or stopped past its lease and goes on later, has one effect', async () => {
    const exhibits: string[] = [];
    for (const step of STEPS) {
      const doomed = await spawnWorker(world, { AMANA_FAULT_AT: step });
      exhibits.push(await broughtIn());
      expect(await doomed.ended).toBe('SIGKILL');
    }
    const stopped = await spawnWorker(world, { AMANA_FAULT_AT: 'before-effect', AMANA_FAULT_SIGNAL: 'SIGSTOP' });
    // It stands for the log's office too, and holds it when it is stopped.
    await untilReady(stopped);
    exhibits.push(await broughtIn());
    while (!isStopped(stopped)) await delay(20);
    const published = await headSize();

    const heir = await spawnWorker(world);
    await untilReady(heir);
    const allSealed = async () => (await Promise.all(exhibits.map(timesSealed))).every((times) => times > 0);
    await until(allSealed);
    await until(async () => (await headSize()) > published);

    stopped.child.kill('SIGCONT');
    // It ends when told to, once the job it still has in hand is over.
    stopped.child.kill('SIGTERM');
    await stopped.ended;
    expect(await Promise.all(exhibits.map(timesSealed))).toEqual(exhibits.map(() => 1));
    const open = await world.query(`SELECT key FROM amana.outbox WHERE topic = 'recheck-exhibit' AND done_at IS NULL`);
    expect(open).toEqual([]);
    await mustBeSound();
  }, 110_000);
});

/** What the stopped one did to the log when it woke up: nothing. */
async function mustBeSound(): Promise<void> {
  await until(async () => (await world.query(`SELECT FROM amana.log_pending`)).length === 0);
  const { database, close } = await openDatabase(world.database.workerUrl, 2);
  const report = await fsck({ database, store: new LogStore(store), key: testLogKey().verifier });
  await close();
  expect(report).toMatchObject({ ok: true, faults: [] });
}
