import { expect } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { plainSizeBytes } from '#domain/sealing';
import { type ApiClient, ConnectionBroken } from '../support/api-client.js';
import { completeUpload, partsOf, sampleExhibit, type SampleExhibit } from '../support/sample-exhibit.js';
import type { FaultWorld } from './fault-world.js';

/** A file of each way to the store: in one piece, in one part, in several. */
export async function registered({ world, client }: Pick<FaultWorld, 'world' | 'client'>): Promise<SampleExhibit> {
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
export async function resume(client: ApiClient, { files }: SampleExhibit): Promise<void> {
  for (const file of files) {
    const { state, received } = (await client.get(`/v1/uploads/${file.id}`)).json;
    if (state === 'stored') continue;
    const held = new Set(received.map(({ number }: { number: number }) => number));
    for (const { number, bytes } of partsOf(file)) if (!held.has(number)) await client.putPart(file.id, number, bytes);
    if ((await client.get(`/v1/uploads/${file.id}`)).json.state !== 'stored') await completeUpload(client, file);
  }
}

/** The process may die under any of it. */
export async function uploadUntilKilled(client: ApiClient, exhibit: SampleExhibit): Promise<void> {
  await resume(client, exhibit).catch((error: unknown) => {
    if (!(error instanceof ConnectionBroken)) throw error;
  });
}
