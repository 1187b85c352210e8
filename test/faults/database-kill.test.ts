// PostgreSQL killed under load: nothing that was acknowledged is lost, nothing is there twice, and it all goes on within seconds.
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fsck, LogStore } from '#server/custody';
import { type EvidenceStore, storeFrom } from '#server/storage';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../scripts/services/embedded-postgres.js';
import { type ApiProcess, openWorld, spawnApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import { ClientHistory } from '../support/client-history.js';
import { testLogKey } from '../support/custody.js';
import { openDatabase } from '../support/database.js';
import { randomOf } from '../support/random.js';
import { eventsOf, until } from '../support/records.js';
import { sampleExhibit, type SampleExhibit } from '../support/sample-exhibit.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { spawnWorker, untilReady } from '../support/worker.js';
import { mustAgreeWithHistory } from './history-checks.js';

const seed = process.env.AMANA_TEST_SEED ?? String(randomInt(2 ** 31));
const KILLS = 3;
const CLIENTS = 4;
const FILES = 40;
const BACK_WITHIN_MS = 10_000;

let server: EmbeddedPostgres;
let world: TestWorld;
let store: EvidenceStore;
let api: ApiProcess;
let client: ApiClient;
const folder = temporaryFolder('database-kill');

const startServer = (preferredPort?: number) =>
  startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    durable: true,
    ...(preferredPort !== undefined && { preferredPort }),
  });

beforeAll(async () => {
  server = await startServer();
  world = await openWorld({ server: server.superuserUrl });
  store = await storeFrom(world.storeUrl);
  await untilReady(await spawnWorker(world));
  api = await spawnApi(world);
  client = await api.as(world.directory.tripoli.investigator);
}, 60_000);
afterAll(async () => {
  await store.close();
  await world.end();
  await server.stop();
}, 60_000);

async function registered(): Promise<SampleExhibit> {
  const files = Array.from({ length: FILES }, (_, at) => ({ name: `photo ${at}.jpg`, sizeBytes: 1000 + at }));
  const exhibit = await sampleExhibit(world.directory.tripoli.investigator, { files });
  expect((await client.post('/v1/exhibits', exhibit.registration)).status).toBe(201);
  expect((await client.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws)).status).toBe(200);
  return exhibit;
}

describe('a PostgreSQL that is killed', () => {
  it(`loses nothing that was acknowledged, and is back in time (seed ${seed})`, async () => {
    const { random } = randomOf(seed);
    const history = new ClientHistory(join(folder, 'history'));
    const exhibits = [await registered(), await registered(), await registered()];
    const waiting = exhibits.flatMap(({ files }) => files);
    let acknowledgedAt = 0;
    const upload = async () => {
      for (let file = waiting.shift(); file; file = waiting.shift()) {
        const { id, sealed } = file;
        while ((await history.attempt(id, () => client.putPart(id, 1, sealed))) !== 'acknowledged') await delay(50);
        acknowledgedAt = performance.now();
        await delay(random() * 100);
      }
    };
    const uploading = Promise.all(Array.from({ length: CLIENTS }, upload));
    for (let kill = 0; kill < KILLS; kill++) {
      await delay(200 + random() * 500);
      expect(waiting.length).toBeGreaterThan(0);
      await server.kill();
      const { port } = server;
      await delay(random() * 300);
      server = await startServer(port);
      expect(server.port).toBe(port);
      const startedAt = performance.now();
      await until(() => delay(10).then(() => acknowledgedAt > startedAt || waiting.length === 0));
      expect(performance.now() - startedAt).toBeLessThan(BACK_WITHIN_MS);
    }
    await uploading;
    history.close();
    const { acknowledged } = await mustAgreeWithHistory({ world, store }, history, exhibits);
    expect(acknowledged).toBe(exhibits.length * FILES);
    for (const { id } of exhibits)
      await until(async () => (await eventsOf(world, id)).at(-1)?.kind === 'exhibit-sealed');
    for (const { id } of exhibits) {
      const kinds = (await eventsOf(world, id)).map(({ kind }) => kind);
      for (const once of ['exhibit-stored', 'exhibit-sealed'])
        expect(kinds.filter((kind) => kind === once)).toHaveLength(1);
    }
    await mustBeSound();
    // A third of a minute on a machine that does nothing else.
  }, 150_000);
});

/** I4: the log goes on from every head it has published, and fsck of the whole record finds nothing. */
async function mustBeSound(): Promise<void> {
  const pending = async () =>
    (await world.query<{ n: string }>('SELECT count(*) AS n FROM amana.log_pending'))[0]?.n !== '0';
  await until(async () => !(await pending()));
  const { database, close } = await openDatabase(world.database.workerUrl, 2);
  const report = await fsck({ database, store: new LogStore(store), key: testLogKey().verifier });
  await close();
  expect(report).toMatchObject({ ok: true, faults: [] });
}
