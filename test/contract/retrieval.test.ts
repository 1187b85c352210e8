import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { commitmentOf, entryOf } from '#domain/custody';
import { type FileId, PART_SIZE_BYTES } from '#domain/evidence';
import { type GeneralJws, PublicJwk, type Receipt, signReceipt, signerOf, verifySeal } from '#domain/manifest';
import { checkpointVerifier, leafHash, parseLogPolicy, parseTlogProof, verifyTlogProof } from '#domain/merkle';
import { fileHeadersSha256 } from '#domain/package';
import { chunkTreeRoot, decodeLeafHashes, openHeader, openPayload, plainSizeBytes } from '#domain/sealing';
import { evidenceKey, type EvidenceStore, storeFrom } from '#server/storage';
import { createApi } from '../../apps/api/api.js';
import { openWorld, spawnApi, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { type Answer, type ApiClient, PUBLIC_URL } from '../support/api-client.js';
import type { TestAgency, TestOfficer } from '../support/directory.js';
import { grantTo } from '../support/grants.js';
import { testAead } from '../support/node-primitives.js';
import { signedInLines } from '../support/proof.js';
import { publishLog } from '../support/publish-log.js';
import { type RecheckWorker, startRecheck } from '../support/recheck.js';
import { eventsOf, jobsOf, kindsOf, until } from '../support/records.js';
import { bringIn, sampleExhibit, type SampleExhibit, type SampleFile } from '../support/sample-exhibit.js';

/** More than what the buffers of a connection hold. */
const LARGE_BYTES = plainSizeBytes(3 * PART_SIZE_BYTES + 1000);

let world: TestWorld;
let api: TestApi;
let store: EvidenceStore;
let worker: RecheckWorker;
let holder: TestOfficer;
let recipient: TestOfficer;
let ours: ApiClient;
let theirs: ApiClient;
let exhibit: SampleExhibit;
let large: SampleExhibit;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  worker = await startRecheck(world);
  store = await storeFrom(world.storeUrl);
  holder = world.directory.tripoli.investigator;
  recipient = world.directory.rome.prosecutor;
  ours = await api.as(holder);
  theirs = await api.as(recipient);
  exhibit = await sealed({
    files: [
      { name: 'a', sizeBytes: 0 },
      { name: 'b', sizeBytes: 200_000 },
    ],
  });
  large = await sealed({ files: [{ name: 'large', sizeBytes: LARGE_BYTES }] });
});
afterAll(async () => {
  await worker.stop();
  await api.stop();
  await store.close();
  await world.end();
});

async function sealed(options: Parameters<typeof sampleExhibit>[1]): Promise<SampleExhibit> {
  const sample = await sampleExhibit(holder, { teamId: world.directory.teamId, ...options });
  await bringIn(ours, sample);
  expect(await worker.recheck(sample.id)).toBe('intact');
  return sample;
}

const purpose = { purpose: 'preparation of the indictment' };
const begin = (client: ApiClient, { id }: SampleExhibit, body: object = purpose, headers = {}) =>
  client.post(`/v1/exhibits/${id}/retrievals`, body, headers);
const pathOf = (retrieval: Answer, file: SampleFile, what = 'payload') =>
  `/v1/retrievals/${retrieval.json.id}/files/${file.id}/${what}`;

/** What a client does: opens the header with the agency's identity, then the payload with the file key. */
function opened(header: Uint8Array, payload: Uint8Array, { identity }: TestAgency): Buffer {
  const opener = openPayload(openHeader(header, [identity], testAead), testAead);
  return Buffer.concat([opener.update(payload), opener.finish()]);
}

describe('a retrieval', () => {
  it.each<[name: string, who: () => [ApiClient, TestAgency], rule: string]>([
    ['inside the agency that holds the exhibit', () => [ours, holder.agency], 'own-agency'],
    ['by a recipient, with keys wrapped to them', () => [theirs, recipient.agency], 'live-grant'],
  ])('%s gives the bytes, after its event', async (_name, who, rule) => {
    const [client, agency] = who();
    const grantId = rule === 'live-grant' ? await grantTo(world, exhibit, world.directory.rome) : null;
    const retrieval = await begin(client, exhibit);
    expect(retrieval.status).toBe(201);
    expect(retrieval.json).toMatchObject({
      exhibitId: exhibit.id,
      ...purpose,
      manifest: { payload: exhibit.jws.payload },
    });
    const event = (await eventsOf(world, exhibit.id)).at(-1);
    expect(event).toMatchObject({
      ...{ kind: 'retrieval-authorised', ...purpose, retrievalId: retrieval.json.id },
      authority: { rule, ...(grantId && { grantId }) },
    });
    expect(await jobsOf(world, 'review-event')).toContain(`review-event/${event?.id}`);
    for (const [at, file] of exhibit.files.entries()) {
      const payload = await client.get(pathOf(retrieval, file));
      expect(payload.status).toBe(200);
      const header = Buffer.from(retrieval.json.files[at].header, 'base64');
      expect(retrieval.json.files[at]).toMatchObject({ id: file.id, sealedSizeBytes: file.sealed.length });
      expect(opened(header, payload.bytes, agency).equals(file.plaintext)).toBe(true);
      const age = await client.get(pathOf(retrieval, file, 'age'));
      expect(Buffer.concat([header, file.sealed]).equals(age.bytes)).toBe(true);
      const leaves = await client.get(pathOf(retrieval, file, 'leaves'));
      const root = chunkTreeRoot(decodeLeafHashes(leaves.bytes), file.sealed.length);
      expect(Buffer.from(root).toString('hex')).toBe(exhibit.manifest.files[at]?.chunkTreeRoot);
    }
  });

  it('19 hands out bytes that no browser will render', async () => {
    const retrieval = await begin(ours, exhibit);
    const { headers } = await ours.get(pathOf(retrieval, exhibit.files[1]!));
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${exhibit.files[1]?.id}.payload"`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'no-store',
      'accept-ranges': 'bytes',
    });
  });

  it('answers a repeat of the same request with the same retrieval', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const first = await begin(ours, exhibit, purpose, key);
    expect((await begin(ours, exhibit, purpose, key)).json).toEqual(first.json);
    expect((await begin(ours, exhibit, { purpose: 'another' }, key)).status).toBe(422);
  });

  it('for a package is an export, with an event of its own that names the age headers handed out', async () => {
    const retrieval = await begin(ours, exhibit, { ...purpose, for: 'package' });
    const headers = (retrieval.json.files as { id: FileId; header: string }[]).map(({ id, header }) => ({
      fileId: id,
      headerSha256: createHash('sha256').update(Buffer.from(header, 'base64')).digest('hex'),
    }));
    expect((await eventsOf(world, exhibit.id)).at(-1)).toMatchObject({
      kind: 'package-exported',
      retrievalId: retrieval.json.id,
      detail: { headersSha256: fileHeadersSha256(headers) },
    });
  });

  it.each<[name: string, body: object, code: string]>([
    ['no purpose', {}, 'malformed-request'],
    ['an empty purpose', { purpose: '' }, 'malformed-request'],
    ['a purpose of blanks', { purpose: '   ' }, 'forbidden'],
    ['a reason of its own', { ...purpose, for: 'curiosity' }, 'malformed-request'],
    ['14 another officer', { ...purpose, officerId: randomUUID() }, 'unknown-field'],
  ])('is refused with %s', async (_name, body, code) => {
    const answer = await begin(ours, exhibit, body);
    expect(answer.json.code).toBe(code);
  });

  it('is refused by the rule, and that is on the record before the answer', async () => {
    const { approver } = world.directory.tripoli;
    const answer = await begin(await api.as(approver), exhibit);
    expect([answer.status, answer.json.rule]).toEqual([403, 'role-not-entitled']);
    const event = (await eventsOf(world, exhibit.id)).at(-1);
    expect(event).toMatchObject({ kind: 'access-refused', actor: { officerId: approver.id }, result: 'refused' });
    expect(await jobsOf(world, 'review-event')).toContain(`review-event/${event?.id}`);
  });

  it('is refused before the exhibit is sealed, and in quarantine', async () => {
    const fresh = await sampleExhibit(holder);
    await bringIn(ours, fresh);
    expect((await begin(ours, fresh)).json.rule).toBe('exhibit-not-sealed');
    await world.query(`UPDATE amana.exhibit SET state = 'quarantined' WHERE id = $1`, [fresh.id]);
    expect((await begin(ours, fresh)).json.rule).toBe('exhibit-quarantined');
  });

  it('49 is nobody else’s: 404, the same as for none', async () => {
    const grantless = await sealed({});
    const none = await theirs.post(`/v1/exhibits/${randomUUID()}/retrievals`, purpose);
    const foreign = await begin(theirs, grantless);
    expect([foreign.status, foreign.json]).toEqual([404, none.json]);
  });

  it('49 is the officer’s own, and of its own exhibit', async () => {
    const retrieval = await begin(ours, exhibit);
    const colleague = await api.as(world.directory.tripoli.colleague);
    for (const client of [colleague, theirs]) {
      const answer = await client.get(pathOf(retrieval, exhibit.files[1]!));
      expect([answer.status, answer.json.code]).toEqual([404, 'not-found']);
      expect((await client.post(`/v1/retrievals/${retrieval.json.id}/receipt`, { receipt: {} })).status).toBe(404);
    }
    expect((await ours.get(pathOf(retrieval, large.files[0]!))).status).toBe(404);
  });

  it('ends after its time', async () => {
    const retrieval = await begin(ours, exhibit);
    await world.query(`UPDATE amana.retrieval SET expires_at = now() WHERE id = $1`, [retrieval.json.id]);
    for (const what of ['payload', 'leaves', 'age']) {
      const answer = await ours.get(pathOf(retrieval, exhibit.files[1]!, what));
      expect([answer.status, answer.json.rule]).toEqual([403, 'retrieval-expired']);
    }
  });

  it('50 ends with its grant, though there is another', async () => {
    const first = await sealed({});
    const grantId = await grantTo(world, first, world.directory.rome);
    const retrieval = await begin(theirs, first);
    await grantTo(world, first, world.directory.rome);
    expect((await theirs.get(pathOf(retrieval, first.files[0]!))).status).toBe(200);
    await world.query(`UPDATE amana.evidence_grant SET state = 'revoked' WHERE id = $1`, [grantId]);
    const answer = await theirs.get(pathOf(retrieval, first.files[0]!));
    expect([answer.status, answer.json.rule]).toEqual([403, 'grant-revoked']);
    expect((await kindsOf(world, first.id)).at(-1)).toBe('access-refused');
    expect((await begin(theirs, first)).status).toBe(201);
  });

  it('does not reach past a hold', async () => {
    const held = await sealed({});
    await grantTo(world, held, world.directory.rome);
    const retrieval = await begin(theirs, held);
    await world.query(`UPDATE amana.exhibit SET state = 'on-hold' WHERE id = $1`, [held.id]);
    expect((await theirs.get(pathOf(retrieval, held.files[0]!))).json.rule).toBe('exhibit-on-hold');
    expect((await begin(ours, held)).status).toBe(201);
  });

  it('7, 8 reads the version that was acknowledged, whatever is put beside or over it', async () => {
    const sample = await sealed({});
    const [file] = sample.files;
    const key = evidenceKey({ exhibitId: sample.id, fileId: file!.id });
    const size = { sealedSizeBytes: 5, partSizeBytes: 5 };
    const upload = await store.beginUpload(key, size);
    const part = await store.putPart(
      upload,
      1,
      5,
      (async function* () {
        yield Buffer.from('other');
      })(),
    );
    await store.completeUpload(upload, [part]);
    const retrieval = await begin(ours, sample);
    expect(Buffer.from(file!.sealed).equals((await ours.get(pathOf(retrieval, file!))).bytes)).toBe(true);
  });
});

describe('ranges', () => {
  let retrieval: Answer;
  let file: SampleFile;
  let size: number;
  beforeAll(async () => {
    retrieval = await begin(ours, exhibit);
    file = exhibit.files[1]!;
    size = file.sealed.length;
  });

  it.each<[range: string, start: (size: number) => number, end: (size: number) => number]>([
    ['bytes=0-0', () => 0, () => 1],
    ['bytes=10-19', () => 10, () => 20],
    ['bytes=100-', () => 100, (total) => total],
    ['bytes=-5', (total) => total - 5, (total) => total],
    ['bytes=-999999999', () => 0, (total) => total],
    ['bytes=0-999999999', () => 0, (total) => total],
    ['BYTES = 1 - 2 ', () => 1, () => 3],
  ])('%s', async (range, start, end) => {
    const answer = await ours.get(pathOf(retrieval, file), { range });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes ${start(size)}-${end(size) - 1}/${size}`);
    expect(Buffer.from(file.sealed.subarray(start(size), end(size))).equals(answer.bytes)).toBe(true);
  });

  it.each([
    'bytes=999999999-',
    'bytes=5-2',
    'bytes=-0',
    'bytes=-',
    'bytes=a-b',
    'bytes=0-1,3-4',
    'bytes=0-0x1',
    'bytes=',
  ])('cannot be served: %s', async (range) => {
    const answer = await ours.get(pathOf(retrieval, file), { range });
    expect([answer.status, answer.json.code]).toEqual([416, 'range-not-satisfiable']);
    expect(answer.headers.get('content-range')).toBe(`bytes */${size}`);
  });

  it('of another unit are ignored', async () => {
    const answer = await ours.get(pathOf(retrieval, file), { range: 'chunks=0-1' });
    expect([answer.status, answer.bytes.length]).toEqual([200, size]);
  });

  it('HEAD tells the size and sends nothing', async () => {
    const answer = await ours.send('HEAD', pathOf(retrieval, file));
    expect([answer.status, answer.headers.get('content-length'), answer.bytes.length]).toEqual([200, String(size), 0]);
  });
});

describe('a download under way', () => {
  it.each<[name: string, end: (grantId: string) => Promise<unknown>, rule: string]>([
    [
      '15 when its grant is revoked',
      (id) => world.query(`UPDATE amana.evidence_grant SET state = 'revoked' WHERE id = $1`, [id]),
      'grant-revoked',
    ],
    [
      'when its grant runs out',
      (id) => world.query(`UPDATE amana.evidence_grant SET expires_at = now() WHERE id = $1`, [id]),
      'grant-expired',
    ],
    [
      'when its exhibit is held',
      () => world.query(`UPDATE amana.exhibit SET state = 'on-hold' WHERE id = $1`, [large.id]),
      'exhibit-on-hold',
    ],
    [
      'when its agreement is suspended',
      () => world.query(`UPDATE amana.agreement SET suspended = true`),
      'agreement-not-in-force',
    ],
    [
      'when its officer loses the certificate',
      () => world.query(`UPDATE amana.officer SET key_state = 'revoked' WHERE id = $1`, [recipient.id]),
      'officer-not-certified',
    ],
  ])('is cut within a second, on the record once, %s', async (_name, end, rule) => {
    const grantId = await grantTo(world, large, world.directory.rome);
    const retrieval = await begin(theirs, large);
    const streams = await Promise.all([1, 2].map(() => slowDownload(pathOf(retrieval, large.files[0]!))));
    const endedAt = performance.now();
    await end(grantId);
    const received = await Promise.all(streams.map((stream) => stream.over));
    expect(performance.now() - endedAt).toBeLessThan(1_500);
    for (const sizeBytes of received) expect(sizeBytes).toBeLessThan(large.files[0]!.sealed.length);
    await until(async () => (await kindsOf(world, large.id)).at(-1) === 'retrieval-cut');
    const cuts = (await eventsOf(world, large.id)).filter(
      (event) => event.retrievalId === retrieval.json.id && event.kind === 'retrieval-cut',
    );
    expect(cuts).toMatchObject([{ authority: { rule, grantId }, counterpart: { officerId: recipient.id } }]);
    await world.query(`UPDATE amana.agreement SET suspended = false`);
    await world.query(`UPDATE amana.officer SET key_state = 'certified'`);
    await world.query(`UPDATE amana.exhibit SET state = 'sealed' WHERE id = $1`, [large.id]);
    expect((await theirs.get(pathOf(retrieval, large.files[0]!))).status).toBe(403);
    await world.query(`UPDATE amana.evidence_grant SET state = 'revoked' WHERE id = $1`, [grantId]);
  });

  it('is cut by every process that it runs through, on the record once', async () => {
    const other = await spawnApi(world);
    const grantId = await grantTo(world, large, world.directory.rome);
    const retrieval = await begin(theirs, large);
    const path = pathOf(retrieval, large.files[0]!);
    const streams = await Promise.all([api, other].map(({ port }) => slowDownload(path, recipient, port)));
    await world.query(`UPDATE amana.evidence_grant SET state = 'revoked' WHERE id = $1`, [grantId]);
    for (const { over } of streams) expect(await over).toBeLessThan(large.files[0]!.sealed.length);
    await until(async () => (await kindsOf(world, large.id)).at(-1) === 'retrieval-cut');
    await other.stop();
    const cuts = (await eventsOf(world, large.id)).filter(
      ({ kind, retrievalId }) => kind === 'retrieval-cut' && retrievalId === retrieval.json.id,
    );
    expect(cuts).toHaveLength(1);
  });

  it('is cut when the retrieval has had its time', async () => {
    const retrieval = await begin(ours, large);
    await world.query(`UPDATE amana.retrieval SET expires_at = now() + interval '1 second' WHERE id = $1`, [
      retrieval.json.id,
    ]);
    const stream = await slowDownload(pathOf(retrieval, large.files[0]!), holder);
    expect(await stream.over).toBeLessThan(large.files[0]!.sealed.length);
    await until(async () => (await kindsOf(world, large.id)).at(-1) === 'retrieval-cut');
  });

  it('whose client leaves lets go of what it held', async () => {
    const retrieval = await begin(ours, large);
    const stream = await slowDownload(pathOf(retrieval, large.files[0]!), holder);
    stream.socket.destroy();
    await stream.over;
    expect((await ours.get(pathOf(retrieval, large.files[0]!), { range: 'bytes=0-9' })).bytes.length).toBe(10);
  });
});

describe('a receipt of the recipient', () => {
  async function retrieved(): Promise<{ retrieval: Answer; statement: Receipt }> {
    await grantTo(world, exhibit, world.directory.rome);
    const retrieval = await begin(theirs, exhibit);
    const { manifestSha256 } = (await ours.get(`/v1/exhibits/${exhibit.id}`)).json;
    const files = exhibit.manifest.files.map(({ id, sha256 }) => ({ id, sha256 }));
    const statement: Receipt = {
      ...{ schema: 'amana-receipt/v1', retrievalId: retrieval.json.id, exhibitId: exhibit.id, manifestSha256, files },
      ...{ receivedAt: new Date().toISOString(), verified: true },
    };
    return { retrieval, statement };
  }
  const submit = (retrieval: Answer, receipt: unknown) =>
    theirs.post(`/v1/retrievals/${retrieval.json.id}/receipt`, { receipt });

  it('becomes an event, once', async () => {
    const { retrieval, statement } = await retrieved();
    const receipt = await signReceipt(statement, await signerOf(recipient.signingKey));
    const first = await submit(retrieval, receipt);
    expect([first.status, first.json.retrievalId]).toEqual([200, retrieval.json.id]);
    expect((await submit(retrieval, receipt)).json).toEqual(first.json);
    const later = { ...statement, receivedAt: '2026-12-01T00:00:00.000Z' };
    const other = await submit(retrieval, await signReceipt(later, await signerOf(recipient.signingKey)));
    expect([other.status, other.json.code]).toEqual([409, 'conflict']);
    const events = (await eventsOf(world, exhibit.id)).filter(
      (event) => event.kind === 'exhibit-received' && event.retrievalId === retrieval.json.id,
    );
    expect(events).toMatchObject([
      { hashAfter: statement.manifestSha256, signature: receipt.signatures[0]?.signature },
    ]);
  });

  it.each<[field: string, change: (statement: Receipt) => Receipt]>([
    ['retrievalId', (s) => ({ ...s, retrievalId: randomUUID() as never })],
    ['exhibitId', (s) => ({ ...s, exhibitId: randomUUID() as never })],
    ['manifestSha256', (s) => ({ ...s, manifestSha256: '0'.repeat(64) })],
    [
      'files.1',
      (s) => ({ ...s, files: s.files.map((file, at) => (at === 1 ? { ...file, sha256: '0'.repeat(64) } : file)) }),
    ],
    ['files', (s) => ({ ...s, files: s.files.slice(1) })],
  ])('that has another %s is refused', async (field, change) => {
    const { retrieval, statement } = await retrieved();
    const answer = await submit(retrieval, await signReceipt(change(statement), await signerOf(recipient.signingKey)));
    expect([answer.status, answer.json.code, answer.json.faults?.[0].path]).toEqual([422, 'manifest-mismatch', field]);
  });

  it('signed by a colleague, or not at all, is refused', async () => {
    const { retrieval, statement } = await retrieved();
    const colleague = await signReceipt(statement, await signerOf(world.directory.rome.investigator.signingKey));
    const theirsToo = await submit(retrieval, colleague);
    expect([theirsToo.status, theirsToo.json.code]).toEqual([403, 'signer-not-certified']);
    for (const receipt of [{}, null, 'x', { payload: '', signatures: [] }, exhibit.jws]) {
      const answer = await submit(retrieval, receipt);
      expect([answer.status, answer.json.code]).toEqual([422, 'manifest-invalid']);
    }
  });
});

describe('the receipt of intake', () => {
  it('waits for the seal and for a checkpoint, then proves both', async () => {
    const sample = await sampleExhibit(holder);
    await bringIn(ours, sample);
    const receipt = () => ours.get(`/v1/exhibits/${sample.id}/receipt`);
    expect((await receipt()).json.code).toBe('conflict');
    await worker.recheck(sample.id);
    expect((await receipt()).json.code).toBe('conflict');
    await publishLog(world);
    const { json } = await receipt();
    const { sealKey, logVerifierKey } = (await ours.get('/v1')).json;
    const seal = await verifySeal(json.manifest as GeneralJws, () => PublicJwk.parse(sealKey));
    expect(seal.seal.verified).toMatchObject({ files: 1, chunks: 1 });
    const [salt, body] = [Buffer.from(json.event.salt, 'base64'), Buffer.from(json.event.body, 'base64')];
    const policy = parseLogPolicy(Buffer.from(`log ${logVerifierKey}\nquorum none\n`));
    const proof = parseTlogProof(Buffer.from(json.proof));
    verifyTlogProof(proof, leafHash(entryOf(commitmentOf(salt, body))), checkpointVerifier(policy));
    expect(JSON.parse(body.toString())).toMatchObject({ kind: 'exhibit-sealed', exhibitId: sample.id });
    expect(proof.index).toBe(json.sealedEventIndex);
  });

  it('49 is not for others', async () => {
    expect((await theirs.get(`/v1/exhibits/${(await sealed({})).id}/receipt`)).status).toBe(404);
  });
});

/** A download whose client has read some bytes and then reads no more: the server cannot get rid of the rest. */
async function slowDownload(
  path: string,
  officer = recipient,
  port = api.port,
): Promise<{ socket: Socket; over: Promise<number> }> {
  const token = await world.issuer.tokenFor(officer.subject, world.environment.AMANA_PUBLIC_URL ?? '');
  const socket = connect(port, '127.0.0.1');
  const fields = ['Host: amana.example', ...signedInLines(token, 'GET', PUBLIC_URL, path)];
  socket.write(`GET ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`);
  let sizeBytes = 0;
  socket.on('data', (chunk: Buffer) => (sizeBytes += chunk.length));
  await once(socket, 'data');
  socket.pause();
  const over = new Promise<number>((resolve) => {
    socket.on('error', () => undefined).on('close', () => resolve(sizeBytes));
    // Its end is noticed only by a reader.
    setTimeout(() => socket.resume(), 1_200);
  });
  return { socket, over };
}
