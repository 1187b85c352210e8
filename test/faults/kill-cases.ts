import { createHash, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { plainSizeBytes } from '#domain/sealing';
import { evidenceKey, type EvidenceStore } from '#server/storage';
import { spawnApi, type TestWorld } from '../support/api.js';
import { type ApiClient, ConnectionBroken } from '../support/api-client.js';
import { eventsOf, jobsOf } from '../support/records.js';
import { partOf, partsOf, sampleExhibit, type SampleExhibit, type SampleFile } from '../support/sample-exhibit.js';

/** A world with an API that lives on; those that are killed are processes of their own on the same database and store. */
export interface KillWorld {
  readonly world: TestWorld;
  readonly store: EvidenceStore;
  /** Speaks to the API that lives on. */
  readonly client: ApiClient;
}

/** Every round can be run again: the seed is in its name, and AMANA_TEST_SEED sets it. */
const seed = Number(process.env.AMANA_TEST_SEED ?? randomInt(2 ** 31));

/** @param steps `<step>:<n>` as AMANA_FAULT_AT takes them @param rounds of kills at a moment out of the seed */
export function killCases(given: () => KillWorld, steps: readonly string[], rounds: number): void {
  it.each(steps)('killed at %s loses nothing and does nothing twice', async (step) => {
    const { world, client } = given();
    const exhibit = await registered(given());
    const killed = await spawnApi(world, { AMANA_FAULT_AT: step });
    await uploadUntilKilled(await killed.as(world.directory.tripoli.investigator), exhibit);
    expect(await killed.ended).toBe('SIGKILL');
    await resume(client, exhibit);
    await mustBeWhole(given(), exhibit);
    expect(await uploadsUnderWay(given(), exhibit)).toBe(0);
  });

  it.each(Array.from({ length: rounds }, (_, round) => round))(
    `killed at any moment loses nothing and does nothing twice (round %i of seed ${seed})`,
    async (round) => {
      const { world, client } = given();
      const exhibit = await registered(given());
      const killed = await spawnApi(world);
      const uploading = uploadUntilKilled(await killed.as(world.directory.tripoli.investigator), exhibit);
      await delay((((seed + round * 7919) * 48_271) % 65_521) % 400);
      await killed.stop();
      await uploading;
      await resume(client, exhibit);
      await mustBeWhole(given(), exhibit);
      // Begun, and killed before its row said so: what the sweep is for.
      expect(await uploadsUnderWay(given(), exhibit)).toBeLessThanOrEqual(1);
    },
  );

  it('asked for everything three times does it once', async () => {
    const { client } = given();
    const exhibit = await registered(given());
    for (const file of exhibit.files) {
      const parts = partsOf(file);
      for (const { number } of [...parts, ...parts, ...parts])
        expect((await client.putPart(file.id, number, partOf(file, number))).status).toBe(200);
      for (let time = 0; time < 3; time++)
        expect((await client.post(`/v1/uploads/${file.id}/complete`)).status).toBe(200);
    }
    await mustBeWhole(given(), exhibit);
  });
}

/** A file of each way to the store: in one piece, in one part, in several. */
async function registered({ world, client }: KillWorld): Promise<SampleExhibit> {
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
async function resume(client: ApiClient, { files }: SampleExhibit): Promise<void> {
  for (const file of files) {
    const { state, received } = (await client.get(`/v1/uploads/${file.id}`)).json;
    if (state === 'stored') continue;
    const held = new Set(received.map(({ number }: { number: number }) => number));
    for (const { number, bytes } of partsOf(file)) if (!held.has(number)) await client.putPart(file.id, number, bytes);
    if ((await client.get(`/v1/uploads/${file.id}`)).json.state !== 'stored')
      await client.post(`/v1/uploads/${file.id}/complete`);
  }
}

/** The process may die under any of it. */
async function uploadUntilKilled(client: ApiClient, exhibit: SampleExhibit): Promise<void> {
  await resume(client, exhibit).catch((error: unknown) => {
    if (!(error instanceof ConnectionBroken)) throw error;
  });
}

/** I1 to I3 of faults.md, for one exhibit of which everything was acknowledged. */
async function mustBeWhole(given: KillWorld, exhibit: SampleExhibit): Promise<void> {
  const { world, client } = given;
  expect((await client.get(`/v1/exhibits/${exhibit.id}`)).json.state).toBe('stored');
  const events = await eventsOf(world, exhibit.id);
  expect(events.map(({ exhibitSeq }) => exhibitSeq)).toEqual(events.map((_, at) => at + 1));
  expect(events.map(({ kind }) => kind)).toEqual([
    ...['exhibit-registered', 'manifest-signed'],
    ...exhibit.files.map(() => 'file-stored'),
    'exhibit-stored',
  ]);
  const recorded = new Map(events.flatMap(({ object }) => (object ? [[object.fileId, object.versionId]] : [])));
  expect([...recorded.keys()].sort()).toEqual(exhibit.files.map(({ id }) => id).sort());
  expect((await jobsOf(world, 'recheck-exhibit')).filter((key) => key.endsWith(exhibit.id))).toHaveLength(1);
  for (const file of exhibit.files) await mustBeStoredOnce(given, exhibit, file, recorded.get(file.id) ?? '');
}

async function mustBeStoredOnce(
  { world, store }: KillWorld,
  { id: exhibitId }: SampleExhibit,
  file: SampleFile,
  recorded: string,
): Promise<void> {
  const key = evidenceKey({ exhibitId, fileId: file.id });
  const [row] = await world.query<{ version_id: string }>(`SELECT version_id FROM amana.evidence_file WHERE id = $1`, [
    file.id,
  ]);
  expect(row?.version_id).toBe(recorded);
  expect((await store.latest(key))?.versionId).toBe(recorded);
  const hash = createHash('sha256');
  for await (const chunk of await store.read(key, recorded)) hash.update(chunk as Uint8Array);
  expect(hash.digest('hex')).toBe(createHash('sha256').update(file.sealed).digest('hex'));
}

/** Uploads that the store holds beside what became objects. */
async function uploadsUnderWay({ store }: KillWorld, { id, files }: SampleExhibit): Promise<number> {
  const keys = files.map((file) => evidenceKey({ exhibitId: id, fileId: file.id }));
  const uploads = await store.listUploads(new Date(Date.now() + 60_000));
  return uploads.filter(({ key }) => keys.includes(key)).length;
}
