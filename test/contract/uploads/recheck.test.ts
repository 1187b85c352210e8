import { describe, expect, it } from '@jest/globals';
import { startRecheck } from '../../support/recheck.js';
import { eventsOf, jobsOf, kindsOf } from '../../support/records.js';
import { bringIn, sampleExhibit } from '../../support/sample-exhibit.js';
import { fileOf, THREE_PARTS, uploadsInTest } from '../../support/uploads-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = uploadsInTest(createApi);
const { rowOf } = given;

describe('the recheck', () => {
  it('seals what is intact, once, and leaves the chunk hashes beside it', async () => {
    const worker = await startRecheck(given.world);
    const exhibit = await sampleExhibit(given.investigator, {
      files: [
        { name: 'small', sizeBytes: 0 },
        { name: 'large', sizeBytes: THREE_PARTS },
      ],
    });
    await bringIn(given.client, exhibit);
    const found = await worker.check(exhibit.id);
    await Promise.all([worker.conclude(found), worker.conclude(found)]);
    expect(await worker.recheck(exhibit.id)).toBe('nothing-to-do');
    await worker.stop();
    const { json } = await given.client.get(`/v1/exhibits/${exhibit.id}`);
    expect(json).toMatchObject({ state: 'sealed', manifest: { payload: exhibit.jws.payload } });
    expect(json.manifest.signatures).toHaveLength(2);
    const events = await eventsOf(given.world, exhibit.id);
    expect(events.filter(({ kind }) => kind === 'exhibit-sealed')).toMatchObject([
      {
        actor: { kind: 'platform', component: 'worker' },
        hashAfter: json.manifestSha256,
        detail: { files: 2, chunks: 34 },
      },
    ]);
  });

  it.each<[name: string, corrupt: (path: string) => Promise<void>, because: string]>([
    ['8 one byte changed', async (path) => overwrite(path, 40), 'its bytes are not those that were signed'],
    ['8 its nonce changed', async (path) => overwrite(path, 3), 'its first bytes are not those that were signed'],
    ['9 the object gone', async (path) => (await import('node:fs/promises')).rm(path), 'it is not there'],
    ['8 a byte more', async (path) => (await import('node:fs/promises')).appendFile(path, 'x'), 'bytes, not the'],
  ])('puts into quarantine what is not what was signed: %s', async (_name, corrupt, because) => {
    const worker = await startRecheck(given.world);
    const exhibit = await sampleExhibit(given.investigator);
    await bringIn(given.client, exhibit);
    const { version_id } = await rowOf(fileOf(exhibit));
    await corrupt(objectPath(exhibit.id, fileOf(exhibit).id, version_id));
    expect(await worker.recheck(exhibit.id)).toBe('broken');
    await worker.stop();
    expect((await given.client.get(`/v1/exhibits/${exhibit.id}`)).json.state).toBe('quarantined');
    const events = (await eventsOf(given.world, exhibit.id)).slice(-2);
    expect(events).toMatchObject([
      { kind: 'check-failed', result: 'failed', object: { fileId: fileOf(exhibit).id, versionId: version_id } },
      { kind: 'exhibit-quarantined', result: 'failed' },
    ]);
    expect(events[0]?.reason).toContain(because);
    expect(await jobsOf(given.world, 'review-event')).toContain(`review-event/${events[1]?.id}`);
  });

  it('17 puts into quarantine an exhibit whose manifest a row no longer has as it was signed', async () => {
    const worker = await startRecheck(given.world);
    const exhibit = await sampleExhibit(given.investigator);
    await bringIn(given.client, exhibit);
    const other = await sampleExhibit(given.investigator);
    await given.world.query(`UPDATE amana.exhibit SET manifest = $2 WHERE id = $1`, [exhibit.id, other.jws]);
    expect(await worker.recheck(exhibit.id)).toBe('broken');
    await worker.stop();
    expect((await kindsOf(given.world, exhibit.id)).at(-1)).toBe('exhibit-quarantined');
  });
});

function objectPath(exhibitId: string, fileId: string, versionId: string): string {
  return `${new URL(given.world.storeUrl).pathname}/objects/evidence/${exhibitId}/${fileId}/@/${versionId}`;
}

async function overwrite(path: string, position: number): Promise<void> {
  const { chmod, open } = await import('node:fs/promises');
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, position);
  await file.close();
}
