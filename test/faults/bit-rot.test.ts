// A byte that changes between upload and recheck, in the store or in a row: quarantine, an event that names it, and a review.
import { randomInt } from 'node:crypto';
import { chmod, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signManifest, signerOf } from '#domain/manifest';
import { evidenceKey } from '#server/storage';
import { createApi } from '../../apps/api/api.js';
import { type CephRgw, cephInstalled, startCephRgw } from '../support/ceph-rgw.js';
import { randomOf } from '../support/random.js';
import { startRecheck } from '../support/recheck.js';
import { eventsOf, jobsOf } from '../support/records.js';
import { requires } from '../support/requires.js';
import { bringIn, sampleExhibit, type SampleExhibit } from '../support/sample-exhibit.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { openFaultWorld, type OpenFaultWorld } from './fault-world.js';

const seed = process.env.AMANA_TEST_SEED ?? String(randomInt(2 ** 31));
const FLIPS = 40;

let opened: OpenFaultWorld;

async function broughtIn(): Promise<{ exhibit: SampleExhibit; key: string; versionId: string; sizeBytes: number }> {
  const exhibit = await sampleExhibit(opened.world.directory.tripoli.investigator, {
    files: [{ name: 'disk.img', sizeBytes: 200_000 }],
  });
  await bringIn(opened.client, exhibit);
  const file = exhibit.files[0]!;
  const [row] = await opened.world.query<{ version_id: string }>(
    `SELECT version_id FROM amana.evidence_file WHERE id = $1`,
    [file.id],
  );
  const key = evidenceKey({ exhibitId: exhibit.id, fileId: file.id });
  return { exhibit, key, versionId: row?.version_id ?? '', sizeBytes: file.sealed.length };
}

async function rechecked(exhibit: SampleExhibit): Promise<string> {
  const worker = await startRecheck(opened.world);
  const found = await worker.recheck(exhibit.id);
  await worker.stop();
  return found;
}

async function mustBeQuarantined({ id }: SampleExhibit, because: RegExp): Promise<void> {
  expect((await opened.client.get(`/v1/exhibits/${id}`)).json.state).toBe('quarantined');
  const events = await eventsOf(opened.world, id);
  const last = events.at(-1);
  expect(last).toMatchObject({ kind: 'exhibit-quarantined', result: 'failed' });
  expect(last?.reason).toMatch(because);
  expect(await jobsOf(opened.world, 'review-event')).toContain(`review-event/${last?.id}`);
}

describe('on a store of files', () => {
  beforeAll(async () => {
    opened = await openFaultWorld(createApi);
  });
  afterAll(() => opened.close());

  it(`any one bit that turns is found, whichever it is (${FLIPS} of seed ${seed})`, async () => {
    const { random } = randomOf(seed);
    const { exhibit, key, versionId, sizeBytes } = await broughtIn();
    const worker = await startRecheck(opened.world);
    const path = fileURLToPath(`${opened.world.storeUrl}/objects/${key}/@/${versionId}`);
    await chmod(path, 0o600);
    const file = await open(path, 'r+');
    const turn = async (at: number, bit: number) => {
      const byte = Buffer.alloc(1);
      await file.read(byte, 0, 1, at);
      byte[0] = (byte[0] ?? 0) ^ (1 << bit);
      await file.write(byte, 0, 1, at);
    };
    for (let flip = 0; flip < FLIPS; flip++) {
      // The first and the last byte, then anywhere.
      const at = flip === 0 ? 0 : flip === 1 ? sizeBytes - 1 : Math.floor(random() * sizeBytes);
      const bit = Math.floor(random() * 8);
      await turn(at, bit);
      expect([at, bit, (await worker.check(exhibit.id)).kind]).toEqual([at, bit, 'broken']);
      await turn(at, bit);
    }
    expect((await worker.check(exhibit.id)).kind).toBe('intact');
    await turn(sizeBytes - 1, 0);
    await file.close();
    expect(await worker.recheck(exhibit.id)).toBe('broken');
    await worker.stop();
    await mustBeQuarantined(exhibit, /1 of 1 objects failed: its bytes are not those that were signed/);
    expect((await eventsOf(opened.world, exhibit.id)).at(-2)).toMatchObject({
      kind: 'check-failed',
      object: { fileId: exhibit.files[0]?.id, versionId },
    });
  });

  it('a manifest in a row that its officer signed, but not the one that was handed in, is found', async () => {
    const { exhibit } = await broughtIn();
    const { signingKey } = opened.world.directory.tripoli.investigator;
    // The same exhibit and the same files: only what is said of them differs.
    const other = await signManifest({ ...exhibit.manifest, software: 'another' }, await signerOf(signingKey));
    await opened.world.query(`UPDATE amana.exhibit SET manifest = $2 WHERE id = $1`, [exhibit.id, other]);
    expect(await rechecked(exhibit)).toBe('broken');
    await mustBeQuarantined(exhibit, /signature of its manifest does not hold/);
  });
});

requires({ what: 'Ceph (ceph-common ceph-mon ceph-osd radosgw)', present: cephInstalled() })('on Ceph RGW', () => {
  const folder = temporaryFolder('bit-rot');
  let rgw: CephRgw;
  beforeAll(async () => {
    rgw = await startCephRgw({ folder: `${folder}/ceph` });
    opened = await openFaultWorld(createApi, { storeUrl: rgw.storeUrl('rot') });
  }, 180_000);
  afterAll(async () => {
    await opened.close();
    await rgw.stop();
  }, 60_000);

  /** Somebody with the store's own keys puts another object, one byte different, over ours. Object Lock lets them: it is a version more. */
  async function overwritten({ exhibit, key }: { exhibit: SampleExhibit; key: string }): Promise<string> {
    const bytes = Buffer.from(exhibit.files[0]!.sealed);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const size = { sealedSizeBytes: bytes.length, partSizeBytes: 16 * 1024 * 1024 };
    const upload = await opened.store.beginUpload(key, size);
    const part = await opened.store.putPart(
      upload,
      1,
      bytes.length,
      (async function* () {
        yield bytes;
      })(),
    );
    return (await opened.store.completeUpload(upload, [part])).versionId;
  }

  it('other bytes over an object change nothing: its version is pinned', async () => {
    const brought = await broughtIn();
    const other = await overwritten(brought);
    expect((await opened.store.latest(brought.key))?.versionId).toBe(other);
    expect(await rechecked(brought.exhibit)).toBe('intact');
    expect((await opened.client.get(`/v1/exhibits/${brought.exhibit.id}`)).json.state).toBe('sealed');
  });

  it('a row that was made to point at them is found', async () => {
    const brought = await broughtIn();
    const other = await overwritten(brought);
    await opened.world.query(`UPDATE amana.evidence_file SET version_id = $2 WHERE exhibit_id = $1`, [
      brought.exhibit.id,
      other,
    ]);
    expect(await rechecked(brought.exhibit)).toBe('broken');
    await mustBeQuarantined(brought.exhibit, /its bytes are not those that were signed/);
  });
});
