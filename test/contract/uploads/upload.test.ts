import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { evidenceKey } from '#server/storage';
import { grantTo } from '../../support/grants.js';
import { startRecheck } from '../../support/recheck.js';
import { eventsOf, jobsOf } from '../../support/records.js';
import { completeUpload, partOf, partsOf } from '../../support/sample-exhibit.js';
import { fileOf, THREE_PARTS, uploadsInTest } from '../../support/uploads-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = uploadsInTest(createApi);
const { registered, uploadOf, numbersOf, rowOf, storedBytes } = given;

describe('an upload', () => {
  it('49 is nobody else’s: 404 everywhere, and nothing begins', async () => {
    const exhibit = await registered();
    const file = fileOf(exhibit);
    // A grant lets them know of the file, not of its upload.
    await grantTo(given.world, exhibit, given.world.directory.rome);
    for (const officer of [given.world.directory.stranger.investigator, given.world.directory.rome.investigator]) {
      const there = await given.api.as(officer);
      const none = await there.get(`/v1/uploads/${randomUUID()}`);
      const answers = [
        await there.get(`/v1/uploads/${file.id}`),
        await there.get(`/v1/uploads?exhibitId=${exhibit.id}`),
        await there.putPart(file.id, 1, file.sealed),
        await there.post(`/v1/uploads/${file.id}/complete`, {}, { 'if-match': '"x"' }),
      ];
      for (const answer of answers) expect([answer.status, answer.json]).toEqual([404, none.json]);
    }
    expect((await rowOf(file)).state).toBe('announced');
  });

  it('is for officers who may bring evidence in', async () => {
    const file = fileOf(await registered());
    const answer = await (await given.api.as(given.world.directory.tripoli.approver)).putPart(file.id, 1, file.sealed);
    expect([answer.status, answer.json.rule]).toEqual([403, 'role-not-entitled']);
  });

  it('51 takes no bytes for an exhibit in quarantine', async () => {
    const exhibit = await registered();
    await given.world.query(`UPDATE amana.exhibit SET state = 'quarantined' WHERE id = $1`, [exhibit.id]);
    const answer = await given.client.putPart(fileOf(exhibit).id, 1, fileOf(exhibit).sealed);
    expect([answer.status, answer.json.code]).toEqual([409, 'conflict']);
  });

  it('is listed with those of its exhibit, in the order of the files, page by page', async () => {
    const exhibit = await registered({
      files: [1, 2, 3].map((count) => ({ name: `${count}`, sizeBytes: count === 2 ? THREE_PARTS : count })),
    });
    const [first, second] = exhibit.files;
    await given.client.putPart(first!.id, 1, first!.sealed);
    await given.client.putPart(second!.id, 3, partOf(second!, 3));
    const page = await given.client.get(`/v1/uploads?exhibitId=${exhibit.id}&limit=2`);
    const rest = await given.client.get(`/v1/uploads?exhibitId=${exhibit.id}&limit=2&cursor=${page.json.next}`);
    expect(rest.json.next).toBeNull();
    expect([...page.json.items, ...rest.json.items]).toMatchObject(
      exhibit.files.map(({ id, sealed }, at) => ({
        ...{ fileId: id, exhibitId: exhibit.id, partSizeBytes: PART_SIZE_BYTES, sealedSizeBytes: sealed.length },
        state: ['stored', 'uploading', 'announced'][at],
        received: [[{ number: 1, sizeBytes: first!.sealed.length }], [{ number: 3, sizeBytes: 1000 }], []][at],
      })),
    );
  });

  it('that the given.store has given up begins anew', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    await given.client.putPart(file.id, 1, partOf(file, 1));
    const { upload_ref: uploadId, exhibit_id: exhibitId } = await rowOf(file);
    await given.store.abortUpload({ key: evidenceKey({ exhibitId, fileId: file.id }), uploadId });
    expect(await numbersOf(file)).toEqual([]);
    expect((await given.client.putPart(file.id, 2, partOf(file, 2))).status).toBe(503);
    for (const { number, bytes } of partsOf(file))
      expect((await given.client.putPart(file.id, number, bytes)).status).toBe(200);
    expect((await completeUpload(given.client, file)).status).toBe(200);
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });

  it('that nobody completes is given up after its time, and one that a row waits for is not', async () => {
    const worker = await startRecheck(given.world);
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    await given.client.putPart(file.id, 1, partOf(file, 1));
    const { exhibit_id: exhibitId } = await rowOf(file);
    const key = evidenceKey({ exhibitId, fileId: file.id });
    const unknown = await given.store.beginUpload(key, { sealedSizeBytes: 5, partSizeBytes: 5 });
    const listed = async () =>
      (await given.store.listUploads(new Date(Date.now() + 60_000))).filter((upload) => upload.key === key);
    const days = (count: number) => new Date(Date.now() + count * 86_400_000);
    await worker.sweep(days(0));
    expect(await listed()).toHaveLength(2);
    await worker.sweep(days(2));
    expect((await listed()).map(({ uploadId }) => uploadId)).not.toContain(unknown.uploadId);
    expect(await numbersOf(file)).toEqual([1]);
    await worker.sweep(days(61));
    await worker.stop();
    expect(await listed()).toEqual([]);
    expect(await uploadOf(file)).toMatchObject({ state: 'announced', received: [] });
    for (const { number, bytes } of partsOf(file))
      expect((await given.client.putPart(file.id, number, bytes)).status).toBe(200);
    expect((await completeUpload(given.client, file)).status).toBe(200);
  });

  it('brings hundreds of small files in, and the exhibit is stored with the last', async () => {
    const files = Array.from({ length: 300 }, (_, at) => ({ name: `folder/${at}`, sizeBytes: at }));
    const exhibit = await registered({ files });
    await given.client.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws);
    const queue = exhibit.files.values();
    const work = async () => {
      for (const file of queue) expect((await given.client.putPart(file.id, 1, file.sealed)).status).toBe(200);
    };
    await Promise.all(Array.from({ length: 16 }, work));
    expect((await given.client.get(`/v1/exhibits/${exhibit.id}`)).json.state).toBe('stored');
    const events = await eventsOf(given.world, exhibit.id);
    expect(events.map(({ exhibitSeq }) => exhibitSeq)).toEqual(events.map((_, at) => at + 1));
    expect(events.filter(({ kind }) => kind === 'file-stored')).toHaveLength(300);
    expect(events.at(-1)?.kind).toBe('exhibit-stored');
    expect((await jobsOf(given.world, 'recheck-exhibit')).filter((key) => key.endsWith(exhibit.id))).toHaveLength(1);
  });
});
