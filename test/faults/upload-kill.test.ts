import { createHash, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { plainSizeBytes } from '#domain/sealing';
import { evidenceKey, type EvidenceStore, storeFrom } from '#server/storage';
import { createApi } from '../../apps/api/api.js';
import { type ApiProcess, openWorld, spawnApi, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { type ApiClient, ConnectionBroken } from '../support/api-client.js';
import { eventsOf, jobsOf } from '../support/records.js';
import { partOf, partsOf, sampleExhibit, type SampleExhibit, type SampleFile } from '../support/sample-exhibit.js';

/** A world with an API that lives on; the one that is killed is another process on the same database and store. */
let world: TestWorld;
let healthy: TestApi;
let store: EvidenceStore;
let client: ApiClient;
beforeAll(async () => {
  world = await openWorld();
  healthy = await startApi(world, createApi);
  store = await storeFrom(world.storeUrl);
  client = await healthy.as(world.directory.tripoli.investigator);
});
afterAll(async () => {
  await healthy?.stop();
  await store?.close();
  await world?.end();
});

async function registered(): Promise<SampleExhibit> {
  const exhibit = await sampleExhibit(world.directory.tripoli.investigator, {
    files: [
      { name: 'in one piece', sizeBytes: 1000 },
      { name: 'of one part', sizeBytes: 300_000 },
      { name: 'of three parts', sizeBytes: plainSizeBytes(2 * PART_SIZE_BYTES + 1000) },
    ],
  });
  expect((await client.post('/v1/exhibits', exhibit.registration)).status).toBe(201);
  expect((await client.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws)).status).toBe(200);
  return exhibit;
}

/** Uploads what is not there yet, as a client does that comes back: it asks what the store has, and believes only that. */
async function resume(to: ApiClient, { files }: SampleExhibit): Promise<void> {
  for (const file of files) {
    const { state, received } = (await to.get(`/v1/uploads/${file.id}`)).json;
    if (state === 'stored') continue;
    const held = new Set(received.map(({ number }: { number: number }) => number));
    for (const { number, bytes } of partsOf(file)) if (!held.has(number)) await to.putPart(file.id, number, bytes);
    if ((await to.get(`/v1/uploads/${file.id}`)).json.state !== 'stored')
      await to.post(`/v1/uploads/${file.id}/complete`);
  }
}

/** Uploads that the store holds beside what became objects. */
async function uploadsUnderWay(exhibit: SampleExhibit): Promise<number> {
  const keys = exhibit.files.map(({ id }) => evidenceKey({ exhibitId: exhibit.id, fileId: id }));
  return (await store.listUploads(new Date(Date.now() + 60_000))).filter(({ key }) => keys.includes(key)).length;
}

/** I1 to I3 of faults.md, for one exhibit of which everything was acknowledged. */
async function mustBeWhole(exhibit: SampleExhibit): Promise<void> {
  expect((await client.get(`/v1/exhibits/${exhibit.id}`)).json.state).toBe('stored');
  const events = await eventsOf(world, exhibit.id);
  expect(events.map(({ exhibitSeq }) => exhibitSeq)).toEqual(events.map((_, at) => at + 1));
  expect(events.map(({ kind }) => kind)).toEqual([
    ...['exhibit-registered', 'manifest-signed'],
    ...exhibit.files.map(() => 'file-stored'),
    'exhibit-stored',
  ]);
  expect(new Set(events.flatMap(({ object }) => object?.fileId ?? []))).toEqual(
    new Set(exhibit.files.map(({ id }) => id)),
  );
  expect((await jobsOf(world, 'recheck-exhibit')).filter((key) => key.endsWith(exhibit.id))).toHaveLength(1);
  for (const file of exhibit.files)
    await mustBeStoredOnce(exhibit, file, events.find(({ object }) => object?.fileId === file.id)?.object?.versionId);
}

async function mustBeStoredOnce(
  { id: exhibitId }: SampleExhibit,
  file: SampleFile,
  recorded: string | undefined,
): Promise<void> {
  const key = evidenceKey({ exhibitId, fileId: file.id });
  const [row] = await world.query<{ version_id: string }>(`SELECT version_id FROM amana.evidence_file WHERE id = $1`, [
    file.id,
  ]);
  expect(row?.version_id).toBe(recorded);
  expect((await store.latest(key))?.versionId).toBe(recorded);
  const hash = createHash('sha256');
  for await (const chunk of await store.read(key, recorded ?? '')) hash.update(chunk as Uint8Array);
  expect(hash.digest('hex')).toBe(createHash('sha256').update(file.sealed).digest('hex'));
}

/** Sends everything; the process may die under any of it. */
async function uploadUntilKilled(to: ApiClient, exhibit: SampleExhibit): Promise<void> {
  await resume(to, exhibit).catch((error: unknown) => {
    if (!(error instanceof ConnectionBroken)) throw error;
  });
}

describe('an API that is killed at a step of an upload', () => {
  it.each([
    ...['after-part', 'after-part:3', 'after-part:5'],
    ...['after-complete', 'after-complete:2', 'after-complete:3'],
    ...['before-commit', 'before-commit:3'],
    ...['after-commit:2', 'after-commit:3'],
    ...['before-answer', 'before-answer:4', 'before-answer:6'],
  ])('%s loses nothing and does nothing twice', async (step) => {
    const exhibit = await registered();
    const killed = await spawnApi(world, { AMANA_FAULT_AT: step });
    await uploadUntilKilled(await killed.as(world.directory.tripoli.investigator), exhibit);
    expect(await killed.ended).toBe('SIGKILL');
    await resume(client, exhibit);
    await mustBeWhole(exhibit);
    expect(await uploadsUnderWay(exhibit)).toBe(0);
  });
});

describe('an API that is killed at any moment of an upload', () => {
  const seed = Number(process.env.AMANA_TEST_SEED ?? randomInt(2 ** 31));
  it.each([0, 1, 2])(`loses nothing and does nothing twice (round %i of seed ${seed})`, async (round) => {
    const exhibit = await registered();
    let killed: ApiProcess | null = await spawnApi(world);
    const uploading = uploadUntilKilled(await killed.as(world.directory.tripoli.investigator), exhibit);
    await delay((((seed + round * 7919) * 2654435761) % 2 ** 32) % 400);
    await killed.stop();
    killed = null;
    await uploading;
    await resume(client, exhibit);
    await mustBeWhole(exhibit);
    // Begun, and killed before its row said so: what the sweep is for.
    expect(await uploadsUnderWay(exhibit)).toBeLessThanOrEqual(1);
  });
});

describe('a client that repeats every request', () => {
  it('changes nothing', async () => {
    const exhibit = await registered();
    const [, , three] = exhibit.files;
    for (const file of exhibit.files)
      for (const { number } of partsOf(file))
        for (const _ of [1, 2, 3])
          expect((await client.putPart(file.id, number, partOf(file, number))).status).toBe(200);
    for (const _ of [1, 2, 3]) expect((await client.post(`/v1/uploads/${three!.id}/complete`)).status).toBe(200);
    await mustBeWhole(exhibit);
  });
});
