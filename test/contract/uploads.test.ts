import { once } from 'node:events';
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PART_SIZE_BYTES } from '#domain/evidence';
import { plainSizeBytes } from '#domain/sealing';
import { evidenceKey, type EvidenceStore, storeFrom } from '#server/storage';
import { createApi } from '../../apps/api/api.js';
import { openWorld, spawnApi, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { type ApiClient, contentDigest } from '../support/api-client.js';
import type { TestOfficer } from '../support/directory.js';
import { grantTo } from '../support/grants.js';
import { startRecheck } from '../support/recheck.js';
import { eventsOf, jobsOf, kindsOf, until } from '../support/records.js';
import {
  bringIn,
  partOf,
  partsOf,
  sampleExhibit,
  type SampleExhibit,
  type SampleFile,
  type SampleOptions,
} from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
let store: EvidenceStore;
let investigator: TestOfficer;
let client: ApiClient;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  store = await storeFrom(world.storeUrl);
  ({ investigator } = world.directory.tripoli);
  client = await api.as(investigator);
});
afterAll(async () => {
  await api.stop();
  await store.close();
  await world.end();
});

/** A plaintext that seals to two parts and a bit. */
const THREE_PARTS = plainSizeBytes(2 * PART_SIZE_BYTES + 1000);

async function registered(options: SampleOptions = {}): Promise<SampleExhibit> {
  const exhibit = await sampleExhibit(investigator, options);
  expect((await client.post('/v1/exhibits', exhibit.registration)).status).toBe(201);
  return exhibit;
}

const fileOf = ({ files }: SampleExhibit): SampleFile => files[0]!;
const uploadOf = async (file: SampleFile) => (await client.get(`/v1/uploads/${file.id}`)).json;
const numbersOf = async (file: SampleFile): Promise<number[]> =>
  (await uploadOf(file)).received.map(({ number }: { number: number }) => number);

async function rowOf(file: SampleFile) {
  const [row] = await world.query<{
    state: string;
    version_id: string;
    upload_ref: string;
    retain_until: Date;
    exhibit_id: never;
  }>(`SELECT state, version_id, upload_ref, retain_until, exhibit_id FROM amana.evidence_file WHERE id = $1`, [
    file.id,
  ]);
  return row!;
}

async function storedBytes(file: SampleFile): Promise<Buffer> {
  const { version_id, exhibit_id: exhibitId } = await rowOf(file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.read(evidenceKey({ exhibitId, fileId: file.id }), version_id))
    chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

describe('files of every size', () => {
  const sealedTo = (sealed: number): number => plainSizeBytes(sealed);
  it.each<[name: string, sizeBytes: number, parts: number]>([
    ['89 no byte', 0, 1],
    ['one byte', 1, 1],
    ['a payload chunk', 65_536, 1],
    ['a payload chunk and a byte', 65_537, 1],
    ['as much as goes in one piece', sealedTo(256 * 1024), 1],
    ['a byte more than goes in one piece', sealedTo(256 * 1024 + 1), 1],
    ['a byte less than a part', sealedTo(PART_SIZE_BYTES - 1), 1],
    ['exactly a part', sealedTo(PART_SIZE_BYTES), 1],
    ['a part and a byte', sealedTo(PART_SIZE_BYTES + 1), 2],
    ['two parts and some', THREE_PARTS, 3],
  ])('%s', async (_name, sizeBytes, count) => {
    const exhibit = await registered({ files: [{ name: 'x', sizeBytes }] });
    const file = fileOf(exhibit);
    const parts = partsOf(file);
    expect(parts).toHaveLength(count);
    for (const { number, bytes } of parts) {
      const answer = await client.putPart(file.id, number, bytes);
      expect([answer.status, answer.json]).toEqual([
        200,
        { number, sizeBytes: bytes.length, fileState: count === 1 ? 'stored' : 'uploading' },
      ]);
    }
    if (count > 1) expect((await client.post(`/v1/uploads/${file.id}/complete`)).json.state).toBe('stored');
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });
});

describe('a part', () => {
  it('90 does not count when its digest is another, and counts once it is right', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const wrong = await client.putPart(file.id, 2, partOf(file, 2), {
      'content-digest': contentDigest(Buffer.from('other')),
    });
    expect([wrong.status, wrong.json.code]).toEqual([422, 'digest-mismatch']);
    expect(await numbersOf(file)).toEqual([]);
    expect((await client.putPart(file.id, 2, partOf(file, 2))).status).toBe(200);
    expect(await numbersOf(file)).toEqual([2]);
  });

  it.each([1234, 300_000])(
    '90 of a file of one part, of %i bytes, leaves nothing when its digest is another',
    async (sizeBytes) => {
      const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes }] }));
      const wrong = await client.putPart(file.id, 1, file.sealed, {
        'content-digest': contentDigest(Buffer.from('other')),
      });
      expect([wrong.status, wrong.json.code]).toEqual([422, 'digest-mismatch']);
      expect(await uploadOf(file)).toMatchObject({ received: [] });
      expect((await client.putPart(file.id, 1, file.sealed)).json.fileState).toBe('stored');
    },
  );

  const bytesOf = (text: string) => `sha-256=:${Buffer.from(text).toString('base64')}:`;
  it.each<[name: string, headers: Record<string, string>, status: number, code: string]>([
    ['no digest', { 'content-digest': '' }, 400, 'digest-missing'],
    ['a digest of another algorithm', { 'content-digest': 'sha-512=:AAAA:' }, 400, 'digest-missing'],
    ['a digest that is no structured field', { 'content-digest': 'sha-256=:A' }, 400, 'digest-missing'],
    ['a digest that is text', { 'content-digest': 'sha-256="abc"' }, 400, 'digest-missing'],
    ['a digest in hexadecimal', { 'content-digest': `sha-256=${'a'.repeat(64)}` }, 400, 'digest-missing'],
    ['a digest too short', { 'content-digest': bytesOf('short') }, 400, 'digest-missing'],
    ['a digest that is a list', { 'content-digest': 'sha-256=(:AAAA:)' }, 400, 'digest-missing'],
    ['another media type', { 'content-type': 'text/html' }, 415, 'media-type'],
    ['an encoding', { 'content-encoding': 'gzip' }, 415, 'media-type'],
  ])('is refused with %s', async (_name, headers, status, code) => {
    const file = fileOf(await registered());
    const answer = await client.putPart(file.id, 1, file.sealed, headers);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(await numbersOf(file)).toEqual([]);
  });

  it.each<[number: string, status: number, code: string]>([
    ['0', 400, 'malformed-request'],
    ['-1', 400, 'malformed-request'],
    ['01', 400, 'malformed-request'],
    ['1e3', 400, 'malformed-request'],
    ['x', 400, 'malformed-request'],
    ['2', 409, 'part-size'],
    ['99999', 409, 'part-size'],
    ['100000', 400, 'malformed-request'],
  ])('91 is refused under the number %s of a file with one', async (number, status, code) => {
    const file = fileOf(await registered());
    const answer = await client.putPart(file.id, number as never, file.sealed);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it('91 is refused with a byte more or less than its number demands', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    for (const [number, bytes] of [
      [1, partOf(file, 1).subarray(1)],
      [3, Buffer.concat([partOf(file, 3), Buffer.alloc(1)])],
      [3, partOf(file, 1)],
      [1, new Uint8Array(0)],
    ] as const) {
      const answer = await client.putPart(file.id, number, bytes);
      expect([answer.status, answer.json.code]).toEqual([409, 'part-size']);
    }
    expect((await uploadOf(file)).state).toBe('announced');
  });

  it('92 may come out of order, twice, and beside others', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const answers = await Promise.all(
      [3, 1, 2, 3, 1].map((number) => client.putPart(file.id, number, partOf(file, number))),
    );
    // Of two attempts at one part at once the later may overtake the earlier.
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual([]);
    expect(await numbersOf(file)).toEqual([1, 2, 3]);
    await client.post(`/v1/uploads/${file.id}/complete`);
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });

  it('shares one upload with the others, however many come first at once', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    await Promise.all([1, 2, 3].map((number) => client.putPart(file.id, number, partOf(file, number))));
    const { upload_ref, exhibit_id: exhibitId } = await rowOf(file);
    const key = evidenceKey({ exhibitId, fileId: file.id });
    const uploads = await store.listUploads(new Date(Date.now() + 60_000));
    expect(uploads.filter((upload) => upload.key === key).map(({ uploadId }) => uploadId)).toEqual([upload_ref]);
  });

  it('that is cut off does not count, and is sent again', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const token = await world.issuer.tokenFor(investigator.subject, world.environment.AMANA_PUBLIC_URL ?? '');
    const bytes = partOf(file, 1);
    const socket = connect(api.port, '127.0.0.1');
    socket.write(
      [
        `PUT /v1/uploads/${file.id}/parts/1 HTTP/1.1`,
        ...['Host: amana.example', `Authorization: Bearer ${token}`, 'Content-Type: application/octet-stream'],
        ...[`Content-Length: ${bytes.length}`, `Content-Digest: ${contentDigest(bytes)}`, '', ''],
      ].join('\r\n'),
    );
    socket.write(bytes.subarray(0, bytes.length / 2));
    while ((await uploadOf(file)).state === 'announced');
    socket.destroy();
    await once(socket, 'close');
    expect(await numbersOf(file)).toEqual([]);
    expect((await client.putPart(file.id, 1, bytes)).status).toBe(200);
    expect(await numbersOf(file)).toEqual([1]);
  });

  it('of a file that is stored is the same or refused', async () => {
    const file = fileOf(await registered());
    await client.putPart(file.id, 1, file.sealed);
    expect((await client.putPart(file.id, 1, file.sealed)).json).toMatchObject({ fileState: 'stored' });
    const other = Buffer.from(file.sealed);
    other[5]! ^= 1;
    const answer = await client.putPart(file.id, 1, other);
    expect([answer.status, answer.json.code]).toEqual([409, 'conflict']);
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });
});

describe('completing', () => {
  it('names what is missing', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    const early = await client.post(`/v1/uploads/${file.id}/complete`);
    expect([early.status, early.json.code]).toEqual([409, 'conflict']);
    await client.putPart(file.id, 2, partOf(file, 2));
    const answer = await client.post(`/v1/uploads/${file.id}/complete`);
    expect([answer.status, answer.json.code, answer.json.detail]).toEqual([
      409,
      'conflict',
      '2 parts are missing: 1, 3',
    ]);
  });

  it('may be asked for by several at once and again: one version, one event', async () => {
    const exhibit = await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] });
    const file = fileOf(exhibit);
    for (const { number, bytes } of partsOf(file)) await client.putPart(file.id, number, bytes);
    const complete = () => client.post(`/v1/uploads/${file.id}/complete`);
    const answers = await Promise.all([complete(), complete(), complete(), complete()]);
    answers.push(await complete());
    expect(answers.map(({ status, json }) => [status, json.state, json.received.length])).toEqual(
      answers.map(() => [200, 'stored', 3]),
    );
    expect(await kindsOf(world, exhibit.id)).toEqual(['exhibit-registered', 'file-stored']);
  });

  it('may be asked of two processes in the same instant: one version, one event', async () => {
    const other = await spawnApi(world);
    const beside = await other.as(investigator);
    const exhibit = await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] });
    const file = fileOf(exhibit);
    for (const { number, bytes } of partsOf(file)) await client.putPart(file.id, number, bytes);
    const { caseId } = (await client.get(`/v1/exhibits/${exhibit.id}`)).json;
    // Held here, the case's chain lets neither of them commit before the other has come as far.
    await world.query(`SELECT pg_advisory_lock(hashtextextended($1, 0))`, [caseId]);
    const asked = [client, beside].map((to) => to.post(`/v1/uploads/${file.id}/complete`));
    const answers = Promise.all(asked);
    await Promise.race([...asked, until(async () => (await waitingForLocks()) >= 2)]);
    await world.query(`SELECT pg_advisory_unlock(hashtextextended($1, 0))`, [caseId]);
    expect((await answers).map(({ status, json }) => [status, json.state])).toEqual([
      [200, 'stored'],
      [200, 'stored'],
    ]);
    await other.stop();
    expect(await kindsOf(world, exhibit.id)).toEqual(['exhibit-registered', 'file-stored']);
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });

  it('11 pins the version, locks it, and puts both on the record', async () => {
    const exhibit = await registered();
    const file = fileOf(exhibit);
    await client.putPart(file.id, 1, file.sealed);
    const { version_id, retain_until } = await rowOf(file);
    const held = await store.retention(evidenceKey({ exhibitId: exhibit.id, fileId: file.id }), version_id);
    expect(held?.getTime()).toBeGreaterThan(Date.now() + 3649 * 86_400_000);
    expect(retain_until).toEqual(held);
    expect((await eventsOf(world, exhibit.id)).at(-1)).toMatchObject({
      kind: 'file-stored',
      object: { fileId: file.id, versionId: version_id, retainUntil: held?.toISOString() },
    });
  });
});

describe('an upload', () => {
  it('49 is nobody else’s: 404 everywhere, and nothing begins', async () => {
    const exhibit = await registered();
    const file = fileOf(exhibit);
    // A grant lets them know of the file, not of its upload.
    await grantTo(world, exhibit, world.directory.rome);
    for (const officer of [world.directory.stranger.investigator, world.directory.rome.investigator]) {
      const there = await api.as(officer);
      const none = await there.get(`/v1/uploads/${randomUUID()}`);
      const answers = [
        await there.get(`/v1/uploads/${file.id}`),
        await there.get(`/v1/uploads?exhibitId=${exhibit.id}`),
        await there.putPart(file.id, 1, file.sealed),
        await there.post(`/v1/uploads/${file.id}/complete`),
      ];
      for (const answer of answers) expect([answer.status, answer.json]).toEqual([404, none.json]);
    }
    expect((await rowOf(file)).state).toBe('announced');
  });

  it('is for officers who may bring evidence in', async () => {
    const file = fileOf(await registered());
    const answer = await (await api.as(world.directory.tripoli.approver)).putPart(file.id, 1, file.sealed);
    expect([answer.status, answer.json.rule]).toEqual([403, 'role-not-entitled']);
  });

  it('51 takes no bytes for an exhibit in quarantine', async () => {
    const exhibit = await registered();
    await world.query(`UPDATE amana.exhibit SET state = 'quarantined' WHERE id = $1`, [exhibit.id]);
    const answer = await client.putPart(fileOf(exhibit).id, 1, fileOf(exhibit).sealed);
    expect([answer.status, answer.json.code]).toEqual([409, 'conflict']);
  });

  it('is listed with those of its exhibit, in the order of the files, page by page', async () => {
    const exhibit = await registered({
      files: [1, 2, 3].map((count) => ({ name: `${count}`, sizeBytes: count === 2 ? THREE_PARTS : count })),
    });
    const [first, second] = exhibit.files;
    await client.putPart(first!.id, 1, first!.sealed);
    await client.putPart(second!.id, 3, partOf(second!, 3));
    const page = await client.get(`/v1/uploads?exhibitId=${exhibit.id}&limit=2`);
    const rest = await client.get(`/v1/uploads?exhibitId=${exhibit.id}&limit=2&cursor=${page.json.next}`);
    expect(rest.json.next).toBeNull();
    expect([...page.json.items, ...rest.json.items]).toMatchObject(
      exhibit.files.map(({ id, sealed }, at) => ({
        ...{ fileId: id, exhibitId: exhibit.id, partSizeBytes: PART_SIZE_BYTES, sealedSizeBytes: sealed.length },
        state: ['stored', 'uploading', 'announced'][at],
        received: [[{ number: 1, sizeBytes: first!.sealed.length }], [{ number: 3, sizeBytes: 1000 }], []][at],
      })),
    );
  });

  it('that the store has given up begins anew', async () => {
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    await client.putPart(file.id, 1, partOf(file, 1));
    const { upload_ref: uploadId, exhibit_id: exhibitId } = await rowOf(file);
    await store.abortUpload({ key: evidenceKey({ exhibitId, fileId: file.id }), uploadId });
    expect(await numbersOf(file)).toEqual([]);
    expect((await client.putPart(file.id, 2, partOf(file, 2))).status).toBe(503);
    for (const { number, bytes } of partsOf(file))
      expect((await client.putPart(file.id, number, bytes)).status).toBe(200);
    expect((await client.post(`/v1/uploads/${file.id}/complete`)).status).toBe(200);
    expect((await storedBytes(file)).equals(file.sealed)).toBe(true);
  });

  it('that nobody completes is given up after its time, and one that a row waits for is not', async () => {
    const worker = await startRecheck(world);
    const file = fileOf(await registered({ files: [{ name: 'x', sizeBytes: THREE_PARTS }] }));
    await client.putPart(file.id, 1, partOf(file, 1));
    const { exhibit_id: exhibitId } = await rowOf(file);
    const key = evidenceKey({ exhibitId, fileId: file.id });
    const unknown = await store.beginUpload(key, { sealedSizeBytes: 5, partSizeBytes: 5 });
    const listed = async () =>
      (await store.listUploads(new Date(Date.now() + 60_000))).filter((upload) => upload.key === key);
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
      expect((await client.putPart(file.id, number, bytes)).status).toBe(200);
    expect((await client.post(`/v1/uploads/${file.id}/complete`)).status).toBe(200);
  });

  it('brings hundreds of small files in, and the exhibit is stored with the last', async () => {
    const files = Array.from({ length: 300 }, (_, at) => ({ name: `folder/${at}`, sizeBytes: at }));
    const exhibit = await registered({ files });
    await client.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws);
    const queue = exhibit.files.values();
    const work = async () => {
      for (const file of queue) expect((await client.putPart(file.id, 1, file.sealed)).status).toBe(200);
    };
    await Promise.all(Array.from({ length: 16 }, work));
    expect((await client.get(`/v1/exhibits/${exhibit.id}`)).json.state).toBe('stored');
    const events = await eventsOf(world, exhibit.id);
    expect(events.map(({ exhibitSeq }) => exhibitSeq)).toEqual(events.map((_, at) => at + 1));
    expect(events.filter(({ kind }) => kind === 'file-stored')).toHaveLength(300);
    expect(events.at(-1)?.kind).toBe('exhibit-stored');
    expect((await jobsOf(world, 'recheck-exhibit')).filter((key) => key.endsWith(exhibit.id))).toHaveLength(1);
  });
});

describe('the recheck', () => {
  it('seals what is intact, once, and leaves the chunk hashes beside it', async () => {
    const worker = await startRecheck(world);
    const exhibit = await sampleExhibit(investigator, {
      files: [
        { name: 'small', sizeBytes: 0 },
        { name: 'large', sizeBytes: THREE_PARTS },
      ],
    });
    await bringIn(client, exhibit);
    const found = await worker.check(exhibit.id);
    await Promise.all([worker.conclude(found), worker.conclude(found)]);
    expect(await worker.recheck(exhibit.id)).toBe('nothing-to-do');
    await worker.stop();
    const { json } = await client.get(`/v1/exhibits/${exhibit.id}`);
    expect(json).toMatchObject({ state: 'sealed', manifest: { payload: exhibit.jws.payload } });
    expect(json.manifest.signatures).toHaveLength(2);
    const events = await eventsOf(world, exhibit.id);
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
    const worker = await startRecheck(world);
    const exhibit = await sampleExhibit(investigator);
    await bringIn(client, exhibit);
    const { version_id } = await rowOf(fileOf(exhibit));
    await corrupt(objectPath(exhibit.id, fileOf(exhibit).id, version_id));
    expect(await worker.recheck(exhibit.id)).toBe('broken');
    await worker.stop();
    expect((await client.get(`/v1/exhibits/${exhibit.id}`)).json.state).toBe('quarantined');
    const events = (await eventsOf(world, exhibit.id)).slice(-2);
    expect(events).toMatchObject([
      { kind: 'check-failed', result: 'failed', object: { fileId: fileOf(exhibit).id, versionId: version_id } },
      { kind: 'exhibit-quarantined', result: 'failed' },
    ]);
    expect(events[0]?.reason).toContain(because);
    expect(await jobsOf(world, 'review-event')).toContain(`review-event/${events[1]?.id}`);
  });

  it('17 puts into quarantine an exhibit whose manifest a row no longer has as it was signed', async () => {
    const worker = await startRecheck(world);
    const exhibit = await sampleExhibit(investigator);
    await bringIn(client, exhibit);
    const other = await sampleExhibit(investigator);
    await world.query(`UPDATE amana.exhibit SET manifest = $2 WHERE id = $1`, [exhibit.id, other.jws]);
    expect(await worker.recheck(exhibit.id)).toBe('broken');
    await worker.stop();
    expect((await kindsOf(world, exhibit.id)).at(-1)).toBe('exhibit-quarantined');
  });
});

function objectPath(exhibitId: string, fileId: string, versionId: string): string {
  return `${new URL(world.storeUrl).pathname}/objects/evidence/${exhibitId}/${fileId}/@/${versionId}`;
}

async function overwrite(path: string, position: number): Promise<void> {
  const { chmod, open } = await import('node:fs/promises');
  await chmod(path, 0o600);
  const file = await open(path, 'r+');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, position);
  await file.close();
}

async function waitingForLocks(): Promise<number> {
  const [row] = await world.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return row?.waiting ?? 0;
}
