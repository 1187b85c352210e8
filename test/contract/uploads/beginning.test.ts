import { describe, expect, it } from '@jest/globals';
import { evidenceKey } from '#server/storage';
import { createApi } from '../../../apps/api/api.js';
import { spawnApi } from '../../support/api.js';
import { ConnectionBroken } from '../../support/api-client.js';
import { startRecheck } from '../../support/recheck.js';
import { until } from '../../support/records.js';
import { partOf, type SampleFile } from '../../support/sample-exhibit.js';
import { fileOf, THREE_PARTS, uploadsInTest } from '../../support/uploads-in-test.js';

const given = uploadsInTest(createApi);
const { registered, numbersOf, rowOf } = given;

const large = async () => fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
const DAY_MS = 86_400_000;

/** Names of the uploads that the store has of a file. */
async function inStore(file: SampleFile): Promise<string[]> {
  const key = evidenceKey({ exhibitId: (await rowOf(file)).exhibit_id, fileId: file.id });
  const uploads = await given.store.listUploads(new Date(Date.now() + 60_000));
  return uploads.filter((upload) => upload.key === key).map(({ uploadId }) => uploadId);
}

describe('the beginning of an upload', () => {
  it('holds no row while the store is asked', async () => {
    const file = await large();
    // Whoever has the row keeps it: the store is asked all the same, and only what it said waits to be written down.
    await given.world.query('BEGIN');
    await given.world.query(`SELECT FROM amana.evidence_file WHERE id = $1 FOR UPDATE`, [file.id]);
    const part = given.client.putPart(file.id, 1, partOf(file, 1));
    await until(async () => (await inStore(file)).length === 1);
    expect((await rowOf(file)).upload_ref).toBeNull();
    await given.world.query('COMMIT');
    expect((await part).status).toBe(200);
    expect(await inStore(file)).toEqual([(await rowOf(file)).upload_ref]);
  });

  it('by two processes at once leaves one upload: the other gives its own back', async () => {
    const other = await spawnApi(given.world);
    const beside = await other.as(given.investigator);
    const file = await large();
    await given.world.query('BEGIN');
    await given.world.query(`SELECT FROM amana.evidence_file WHERE id = $1 FOR UPDATE`, [file.id]);
    const parts = [given.client.putPart(file.id, 1, partOf(file, 1)), beside.putPart(file.id, 2, partOf(file, 2))];
    await until(async () => (await inStore(file)).length === 2);
    await given.world.query('COMMIT');
    const statuses = (await Promise.all(parts)).map(({ status }) => status);
    expect(statuses).toContain(200);
    expect(await inStore(file)).toEqual([(await rowOf(file)).upload_ref]);
    await other.stop();
  });

  it('cut off by a kill leaves an upload that no row knows, which the sweep gives up', async () => {
    const killed = await spawnApi(given.world, { AMANA_FAULT_AT: 'after-begin' });
    const file = await large();
    const sent = (await killed.as(given.investigator)).putPart(file.id, 1, partOf(file, 1));
    await expect(sent).rejects.toBeInstanceOf(ConnectionBroken);
    expect(await killed.ended).toBe('SIGKILL');
    expect((await rowOf(file)).state).toBe('announced');
    const [orphan, ...more] = await inStore(file);
    expect(more).toEqual([]);
    // Nothing was lost: the part is sent again and counts.
    expect((await given.client.putPart(file.id, 1, partOf(file, 1))).status).toBe(200);
    expect((await inStore(file)).length).toBe(2);
    const worker = await startRecheck(given.world);
    await worker.sweep(new Date(Date.now() + 2 * DAY_MS));
    await worker.stop();
    expect(await inStore(file)).toEqual([(await rowOf(file)).upload_ref]);
    expect((await rowOf(file)).upload_ref).not.toBe(orphan);
    expect(await numbersOf(file)).toEqual([1]);
  });
});
