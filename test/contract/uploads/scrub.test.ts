import { chmod, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CHUNK_SIZE_BYTES } from '#domain/evidence';
import { publishLog } from '../../support/publish-log.js';
import { type RecheckWorker, startRecheck } from '../../support/recheck.js';
import { eventsOf, jobsOf, kindsOf } from '../../support/records.js';
import { bringIn, type SampleExhibit, sampleExhibit } from '../../support/sample-exhibit.js';
import { fileOf, THREE_PARTS, uploadsInTest } from '../../support/uploads-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = uploadsInTest(createApi);
let worker: RecheckWorker;
beforeAll(async () => {
  worker = await startRecheck(given.world);
});
afterAll(() => worker.stop());

async function sealed(sizeBytes?: number): Promise<SampleExhibit> {
  const exhibit = await sampleExhibit(given.investigator, sizeBytes ? { files: [{ name: 'one', sizeBytes }] } : {});
  await bringIn(given.client, exhibit);
  expect(await worker.recheck(exhibit.id)).toBe('intact');
  return exhibit;
}

const stateOf = async ({ id }: SampleExhibit): Promise<unknown> =>
  (await given.client.get(`/v1/exhibits/${id}`)).json.state;

async function objectPath({ id }: SampleExhibit, fileId: string, versionId: string): Promise<string> {
  return join(new URL(given.world.storeUrl).pathname, 'objects/evidence', id, fileId, '@', versionId);
}

async function flipByte(path: string, position: number): Promise<void> {
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, position);
  await file.close();
}

describe('the scrub of evidence', () => {
  it('names the chunk that has rotted, sets its exhibit aside, and leaves the others alone', async () => {
    const [whole, rotten] = [await sealed(), await sealed(THREE_PARTS)];
    const { version_id: versionId } = await given.rowOf(fileOf(rotten));
    await flipByte(await objectPath(rotten, fileOf(rotten).id, versionId), 17 * CHUNK_SIZE_BYTES + 5);
    await worker.scrub();
    expect(await stateOf(whole)).toBe('sealed');
    expect(await stateOf(rotten)).toBe('quarantined');
    const events = (await eventsOf(given.world, rotten.id)).slice(-2);
    expect(events).toMatchObject([
      { kind: 'check-failed', result: 'failed', object: { fileId: fileOf(rotten).id, versionId } },
      { kind: 'exhibit-quarantined', result: 'failed' },
    ]);
    expect(events[0]?.reason).toBe(`chunk 17, from byte ${17 * CHUNK_SIZE_BYTES}, is not the one that was sealed`);
    expect(await jobsOf(given.world, 'review-event')).toContain(`review-event/${events[1]?.id}`);
  });

  it('9 finds within one pass what was destroyed', async () => {
    const exhibit = await sealed();
    const { version_id: versionId } = await given.rowOf(fileOf(exhibit));
    await rm(await objectPath(exhibit, fileOf(exhibit).id, versionId));
    await worker.scrub();
    expect(await stateOf(exhibit)).toBe('quarantined');
    expect((await eventsOf(given.world, exhibit.id)).at(-2)?.reason).toBe('it is not there');
  });

  it('goes on where a pass was broken off, and tells once what two workers find', async () => {
    const exhibit = await sealed();
    const { version_id: versionId } = await given.rowOf(fileOf(exhibit));
    await flipByte(await objectPath(exhibit, fileOf(exhibit).id, versionId), 100);
    // A pass that has come past all that is there: what lies behind it waits for the next.
    await given.world.query(
      `INSERT INTO amana.scrub_pass (part, after_exhibit, after_position) VALUES ('evidence', 'ffffffff-ffff-4fff-bfff-ffffffffffff', 0)`,
    );
    await worker.scrub();
    expect(await stateOf(exhibit)).toBe('sealed');
    await Promise.all([worker.scrub(), worker.scrub()]);
    expect(await stateOf(exhibit)).toBe('quarantined');
    const kinds = await kindsOf(given.world, exhibit.id);
    expect(kinds.filter((kind) => kind === 'exhibit-quarantined')).toHaveLength(1);
  });
});

describe('the scrub of the log', () => {
  const told = () =>
    given.world.query<{ reason: string }>(
      `SELECT convert_from(body, 'UTF8')::jsonb ->> 'reason' AS reason FROM amana.custody_event
       WHERE kind = 'check-failed' AND exhibit_id IS NULL ORDER BY case_seq`,
    );

  it('names the index of an event that was altered, once, and raises a review', async () => {
    await publishLog(given.world);
    await worker.scrub();
    expect(await told()).toEqual([]);
    const [event] = await given.world.query<{ id: string; log_index: string }>(
      `SELECT e.id, l.log_index FROM amana.custody_event e JOIN amana.log_entry l ON l.event_id = e.id ORDER BY l.log_index LIMIT 1 OFFSET 3`,
    );
    await given.world.query(`ALTER TABLE amana.custody_event DISABLE TRIGGER USER`);
    await given.world.query(
      `UPDATE amana.custody_event SET body = set_byte(body, 9, get_byte(body, 9) # 1) WHERE id = $1`,
      [event?.id],
    );
    await given.world.query(`ALTER TABLE amana.custody_event ENABLE TRIGGER USER`);
    await worker.scrub();
    await worker.scrub();
    const faults = await told();
    expect(faults).toHaveLength(1);
    expect(faults[0]?.reason).toBe(
      `the log's event at index ${event?.log_index}: event ${event?.id}: salt or body is not what was committed to`,
    );
  });

  it('names the tile that rotted in the store', async () => {
    const tiles = join(new URL(given.world.storeUrl).pathname, 'objects/log/tile/0');
    const [path] = (await readdir(tiles, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    if (!path) throw new Error('the store holds no tile');
    await flipByte(join(path.parentPath, path.name), 33);
    await worker.scrub();
    expect((await told()).at(-1)?.reason).toMatch(/^the log's tile/);
  });
});
