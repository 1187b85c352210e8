import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { exampleFacts, type Manifest, newSigningKey, signManifest, signerOf } from '#domain/manifest';
import type { TestOfficer } from '../../support/directory.js';
import { eventsOf, jobsOf, kindsOf } from '../../support/records.js';
import { sampleExhibit, type SampleExhibit } from '../../support/sample-exhibit.js';
import { apiInTest } from '../../support/api-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = apiInTest(createApi);
const register = (exhibit: SampleExhibit, headers = {}) =>
  given.client.post('/v1/exhibits', exhibit.registration, headers);

describe('the signed manifest', () => {
  const submit = (exhibit: SampleExhibit, jws: unknown = exhibit.jws, as = given.client) =>
    as.post(`/v1/exhibits/${exhibit.id}/manifest`, jws);

  it('fixes what the exhibit is, once', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const first = await submit(exhibit);
    expect(first.status).toBe(200);
    expect(first.json.manifestSha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await submit(exhibit)).json).toEqual(first.json);
    const later = await signManifest(
      { ...exhibit.manifest, software: 'amana/later' },
      await signerOf(given.investigator.signingKey),
    );
    const other = await submit(exhibit, later);
    expect([other.status, other.json.code]).toEqual([409, 'conflict']);
    const events = await eventsOf(given.world, exhibit.id);
    expect(events.map(({ kind }) => kind)).toEqual(['exhibit-registered', 'manifest-signed']);
    expect(events[1]).toMatchObject({ hashAfter: first.json.manifestSha256 });
    const shown = await given.client.get(`/v1/exhibits/${exhibit.id}`);
    expect(shown.json.manifest).toEqual(exhibit.jws);
    expect(shown.json.files[0]).toMatchObject({
      sha256: exhibit.manifest.files[0]?.sha256,
      chunkTreeRoot: exhibit.manifest.files[0]?.chunkTreeRoot,
    });
  });

  const inFile = (change: object) => (manifest: Manifest) => ({
    ...manifest,
    files: manifest.files.map((file) => ({ ...file, ...change })),
  });
  const facts = exampleFacts('required') as Manifest['facts'];
  it.each<[field: string, change: (manifest: Manifest) => Manifest]>([
    ['exhibitId', (m) => ({ ...m, exhibitId: randomUUID() as Manifest['exhibitId'] })],
    ['exhibitNumber', (m) => ({ ...m, exhibitNumber: 'X', facts: { ...m.facts, exhibitNumber: 'X' } })],
    ['caseNumber', (m) => ({ ...m, caseNumber: 'X', facts: { ...m.facts, caseNumber: 'X' } })],
    ['teamId', (m) => ({ ...m, teamId: given.world.directory.teamId })],
    ['supersedes', (m) => ({ ...m, supersedes: '0'.repeat(64), reason: 'none' })],
    [
      'facts.seizure.place',
      (m) => ({ ...m, facts: { ...m.facts, seizure: { ...facts.seizure, place: 'elsewhere' } } }),
    ],
    ['facts.remarks', (m) => ({ ...m, facts: { ...m.facts, remarks: 'added later' } })],
    ['files.0.name', inFile({ name: 'Report.txt' })],
    ['files.0.mediaType', inFile({ mediaType: 'text/plain' })],
    ['files.0.sizeBytes', inFile({ sizeBytes: 1235, sealedSizeBytes: 1267 })],
    ['files.0.id', inFile({ id: randomUUID() })],
    ['files.1.id', (m) => ({ ...m, files: [...m.files, { ...m.files[0]!, id: randomUUID() as never, name: 'more' }] })],
  ])('422 when %s is not what was registered', async (field, change) => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const answer = await submit(
      exhibit,
      await signManifest(change(exhibit.manifest), await signerOf(given.investigator.signingKey)),
    );
    expect([answer.status, answer.json.code, answer.json.faults?.[0].path]).toEqual([422, 'manifest-mismatch', field]);
    expect((await given.client.get(`/v1/exhibits/${exhibit.id}`)).json.manifest).toBeNull();
  });

  it('may be signed by a certified colleague, who says so', async () => {
    const { colleague } = given.world.directory.tripoli;
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const jws = await signManifest(
      { ...exhibit.manifest, officerId: colleague.id },
      await signerOf(colleague.signingKey),
    );
    expect((await submit(exhibit, jws)).status).toBe(200);
    expect((await eventsOf(given.world, exhibit.id))[1]).toMatchObject({ detail: { signedBy: colleague.id } });
  });

  it('is not signed by a colleague for the officer, by an officer of others, or by nobody', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const { rome, tripoli } = given.world.directory;
    const cases: [Manifest, TestOfficer['signingKey']][] = [
      [exhibit.manifest, tripoli.colleague.signingKey],
      [{ ...exhibit.manifest, officerId: rome.investigator.id }, rome.investigator.signingKey],
      [exhibit.manifest, await newSigningKey()],
    ];
    for (const [manifest, key] of cases) {
      const answer = await submit(exhibit, await signManifest(manifest, await signerOf(key)));
      expect([answer.status, answer.json.code]).toEqual([403, 'signer-not-certified']);
    }
  });

  it('17 is refused when a byte of it changed', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const { payload, signatures } = exhibit.jws;
    const text = Buffer.from(payload, 'base64url').toString().replace('report.txt', 'report.tx7');
    const [signature] = signatures;
    const forged: unknown[] = [
      { payload: Buffer.from(text).toString('base64url'), signatures },
      { payload, signatures: [{ ...signature, signature: randomBytes(64).toString('base64url') }] },
      { payload: `${payload}=`, signatures },
      { payload: Buffer.from('{}').toString('base64url'), signatures },
    ];
    for (const jws of forged) {
      const answer = await submit(exhibit, jws);
      expect([answer.status, answer.json.code]).toEqual([422, 'manifest-invalid']);
    }
  });

  it('is refused with a header that brings its own key', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const [signature] = exhibit.jws.signatures;
    const header = JSON.parse(Buffer.from(signature?.protected ?? '', 'base64url').toString());
    for (const more of [
      { jwk: {} },
      { jku: 'https://x' },
      { x5u: 'https://x' },
      { crit: ['b64'], b64: false },
      { alg: 'none' },
    ]) {
      const changed = Buffer.from(JSON.stringify({ ...header, ...more })).toString('base64url');
      const answer = await submit(exhibit, {
        payload: exhibit.jws.payload,
        signatures: [{ ...signature, protected: changed }],
      });
      expect([answer.status, answer.json.code]).toEqual([422, 'manifest-invalid']);
    }
  });

  it('13 is nobody else’s: 404 for officers of others, the same as for none', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const stranger = await given.api.as(given.world.directory.stranger.investigator);
    const foreign = await submit(exhibit, exhibit.jws, stranger);
    const none = await stranger.post(`/v1/exhibits/${randomUUID()}/manifest`, exhibit.jws);
    expect(foreign.status).toBe(404);
    expect(foreign.json).toEqual(none.json);
  });

  it.each([
    ['before the bytes', true],
    ['after the bytes', false],
  ])('makes the exhibit stored with its last file, signed %s', async (_name, signedFirst) => {
    const exhibit = await sampleExhibit(given.investigator, {
      files: [
        { name: 'a', sizeBytes: 0 },
        { name: 'b', sizeBytes: 1 },
      ],
    });
    await register(exhibit);
    const state = async () => (await given.client.get(`/v1/exhibits/${exhibit.id}`)).json.state;
    if (signedFirst) await submit(exhibit);
    for (const file of exhibit.files) {
      expect(await state()).not.toBe('stored');
      expect((await given.client.putPart(file.id, 1, file.sealed)).status).toBe(200);
    }
    expect(await state()).toBe(signedFirst ? 'stored' : 'uploading');
    if (!signedFirst) await submit(exhibit);
    expect(await state()).toBe('stored');
    expect((await kindsOf(given.world, exhibit.id)).at(-1)).toBe('exhibit-stored');
    expect(await jobsOf(given.world, 'recheck-exhibit')).toContain(`recheck-exhibit/${exhibit.id}`);
  });
});
