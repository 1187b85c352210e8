import { createHash } from 'node:crypto';
import { expect } from '@jest/globals';
import { evidenceKey, type EvidenceStore } from '#server/storage';
import { eventsOf, jobsOf } from '../support/records.js';
import type { SampleExhibit, SampleFile } from '../support/sample-exhibit.js';
import type { FaultWorld } from './fault-world.js';

/** I1 to I3 of faults.md, for one exhibit of which everything was acknowledged. */
export async function mustBeWhole(given: FaultWorld, exhibit: SampleExhibit): Promise<void> {
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
  { world, store }: FaultWorld,
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
  expect(await digestOfStored(store, key, recorded)).toBe(digestOfSealed(file));
}

export async function digestOfStored(store: EvidenceStore, key: string, versionId: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of await store.read(key, versionId)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

export function digestOfSealed({ sealed }: SampleFile): string {
  return createHash('sha256').update(sealed).digest('hex');
}

/** Uploads that the store holds beside what became objects. */
export async function uploadsUnderWay({ store }: FaultWorld, { id, files }: SampleExhibit): Promise<number> {
  const keys = files.map((file) => evidenceKey({ exhibitId: id, fileId: file.id }));
  const uploads = await store.listUploads(new Date(Date.now() + 60_000));
  return uploads.filter(({ key }) => keys.includes(key)).length;
}
