import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exampleFacts, type Manifest, newSigningKey, signManifest, signerOf } from '#domain/manifest';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import type { TestOfficer } from '../support/directory.js';
import { grantTo } from '../support/grants.js';
import { startRecheck } from '../support/recheck.js';
import { eventsOf, jobsOf, kindsOf } from '../support/records.js';
import { bringIn, sampleExhibit, type SampleExhibit } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
let investigator: TestOfficer;
let client: ApiClient;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  ({ investigator } = world.directory.tripoli);
  client = await api.as(investigator);
});
afterAll(async () => {
  await api.stop();
  await world.end();
});

const register = (exhibit: SampleExhibit, headers = {}) => client.post('/v1/exhibits', exhibit.registration, headers);

describe('registration of an exhibit', () => {
  it('puts exhibit, case and event there at once', async () => {
    const exhibit = await sampleExhibit(investigator, { teamId: world.directory.teamId });
    const answer = await register(exhibit);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('etag')).toBe('"1"');
    const { id, number, caseNumber, teamId } = exhibit.registration;
    expect(answer.json).toMatchObject({
      ...{ id, number, caseNumber, teamId, state: 'registered', fileCount: 1, version: 1, manifestSha256: null },
      ...{ agencyId: investigator.agency.id, officerId: investigator.id, agencyState: 'LY' },
    });
    const [event] = await eventsOf(world, id);
    expect(event).toMatchObject({
      kind: 'exhibit-registered',
      exhibitSeq: 1,
      caseSeq: 1,
      actor: { kind: 'officer', officerId: investigator.id, role: 'investigator' },
      chain: { kind: 'case', id: answer.json.caseId },
    });
  });

  it('answers the same to the same, and 409 to another under its id', async () => {
    const exhibit = await sampleExhibit(investigator);
    const first = await register(exhibit);
    const again = await register(exhibit);
    expect([again.status, again.json]).toEqual([200, first.json]);
    const other = await client.post('/v1/exhibits', {
      ...exhibit.registration,
      number: 'other',
      facts: { ...exhibit.registration.facts, exhibitNumber: 'other' },
    });
    expect([other.status, other.json.code]).toEqual([409, 'exists-with-other-content']);
    expect(await kindsOf(world, exhibit.id)).toEqual(['exhibit-registered']);
  });

  it('takes eight at once for one', async () => {
    const exhibit = await sampleExhibit(investigator);
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(exhibit)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(await kindsOf(world, exhibit.id)).toEqual(['exhibit-registered']);
  });

  it('54 refuses an Idempotency-Key that came with another body, and repeats the answer to the same', async () => {
    const [one, two] = [await sampleExhibit(investigator), await sampleExhibit(investigator)];
    const key = { 'idempotency-key': randomUUID() };
    const first = await register(one, key);
    expect((await register(one, key)).json).toEqual(first.json);
    const other = await register(two, key);
    expect([other.status, other.json.code]).toEqual([422, 'idempotency-mismatch']);
    expect((await client.get(`/v1/exhibits/${two.id}`)).status).toBe(404);
  });

  it('refuses a number twice in a case, not in two cases', async () => {
    const taken = await sampleExhibit(investigator);
    await register(taken);
    const { number, caseNumber } = taken.registration;
    const twice = await register(await sampleExhibit(investigator, { number, caseNumber }));
    expect([twice.status, twice.json.code]).toEqual([409, 'conflict']);
    expect((await register(await sampleExhibit(investigator, { number }))).status).toBe(201);
  });

  it('51 refuses a closed case', async () => {
    const first = await sampleExhibit(investigator);
    await register(first);
    const { caseNumber } = first.registration;
    await world.query(`UPDATE amana.case_file SET closed = true WHERE number = $1`, [caseNumber]);
    const late = await register(await sampleExhibit(investigator, { caseNumber }));
    expect([late.status, late.json.code]).toEqual([409, 'conflict']);
  });

  it('refuses the ids of others as taken, and tells nothing of them', async () => {
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    const { investigator: stranger } = world.directory.stranger;
    const theirs = await sampleExhibit(stranger);
    const there = await api.as(stranger);
    const sameExhibit = await there.post('/v1/exhibits', { ...theirs.registration, id: exhibit.id });
    expect([sameExhibit.status, sameExhibit.json.code]).toEqual([409, 'exists-with-other-content']);
    const files = theirs.registration.files.map((file) => ({ ...file, id: exhibit.files[0]?.id }));
    const sameFile = await there.post('/v1/exhibits', { ...theirs.registration, files });
    expect([sameFile.status, sameFile.json.code]).toEqual([409, 'exists-with-other-content']);
    expect(JSON.stringify(sameExhibit.json)).not.toContain(exhibit.registration.number);
  });

  it('refuses the team of others as if there were none', async () => {
    const { investigator: stranger } = world.directory.stranger;
    const exhibit = await sampleExhibit(stranger, { teamId: world.directory.teamId });
    const answer = await (await api.as(stranger)).post('/v1/exhibits', exhibit.registration);
    expect([answer.status, answer.json.code]).toEqual([404, 'not-found']);
  });

  it.each(['approver', 'auditor'] as const)('is not for an %s', async (role) => {
    const officer = world.directory.tripoli[role];
    const exhibit = await sampleExhibit(officer);
    const answer = await (await api.as(officer)).post('/v1/exhibits', exhibit.registration);
    expect([answer.status, answer.json.rule]).toEqual([403, 'role-not-entitled']);
  });

  it('is for certified officers alone', async () => {
    const { colleague } = world.directory.tripoli;
    await world.query(`UPDATE amana.officer SET key_state = 'revoked' WHERE id = $1`, [colleague.id]);
    const exhibit = await sampleExhibit(colleague);
    const answer = await (await api.as(colleague)).post('/v1/exhibits', exhibit.registration);
    await world.query(`UPDATE amana.officer SET key_state = 'certified' WHERE id = $1`, [colleague.id]);
    expect([answer.status, answer.json.rule]).toEqual([403, 'officer-not-certified']);
  });

  it('names every fact that is missing or wrong', async () => {
    const { registration } = await sampleExhibit(investigator);
    const { seizure: _, ...facts } = registration.facts;
    const answer = await client.post('/v1/exhibits', {
      ...registration,
      facts: { ...facts, exhibitNumber: 7, colour: 'red' },
    });
    expect([answer.status, answer.json.code]).toEqual([422, 'facts-incomplete']);
    const paths = answer.json.faults.map(({ path }: { path: string }) => path);
    expect(paths).toEqual(expect.arrayContaining(['seizure.at', 'seizure.place', 'exhibitNumber', 'colour']));
    const other = await client.post('/v1/exhibits', { ...registration, number: 'other' });
    expect([other.status, other.json.faults[0].path]).toEqual([422, 'exhibitNumber']);
  });

  type Registration = SampleExhibit['registration'];
  const firstFile = (registration: Registration, changes: object) => ({
    ...registration,
    files: registration.files.map((file, at) => (at === 0 ? { ...file, ...changes } : file)),
  });
  it.each<[name: string, change: (registration: Registration) => object, code: string, path: string]>([
    ['14 an agency', (r) => ({ ...r, agencyId: randomUUID() }), 'unknown-field', ''],
    ['14 a state', (r) => ({ ...r, state: 'sealed' }), 'unknown-field', ''],
    ['14 grants in a file', (r) => firstFile(r, { grants: [] }), 'unknown-field', 'files.0'],
    ['no files', (r) => ({ ...r, files: [] }), 'malformed-request', 'files'],
    ['an upper-case id', (r) => ({ ...r, id: r.id.toUpperCase() }), 'malformed-request', 'id'],
    ['a negative size', (r) => firstFile(r, { sizeBytes: -1 }), 'malformed-request', 'files.0.sizeBytes'],
    ['half a byte', (r) => firstFile(r, { sizeBytes: 0.5 }), 'malformed-request', 'files.0.sizeBytes'],
    ['a size as text', (r) => firstFile(r, { sizeBytes: '1' }), 'malformed-request', 'files.0.sizeBytes'],
    [
      'a sealed size too small',
      (r) => firstFile(r, { sealedSizeBytes: 31 }),
      'malformed-request',
      'files.0.sealedSizeBytes',
    ],
    [
      'a sealed size of another file',
      (r) => firstFile(r, { sealedSizeBytes: 9999 }),
      'malformed-request',
      'files.0.sealedSizeBytes',
    ],
    [
      'a key that is no age header',
      (r) => firstFile(r, { header: Buffer.from('age?').toString('base64') }),
      'malformed-request',
      'files.0.header',
    ],
    [
      'a key with bytes after it',
      (r) =>
        firstFile(r, {
          header: Buffer.concat([Buffer.from(r.files[0]?.header ?? '', 'base64'), Buffer.from('x')]).toString('base64'),
        }),
      'malformed-request',
      'files.0.header',
    ],
    [
      'a key in loose base64',
      (r) => firstFile(r, { header: `${r.files[0]?.header}\n` }),
      'malformed-request',
      'files.0.header',
    ],
    ['an empty name', (r) => firstFile(r, { name: '' }), 'malformed-request', 'files.0.name'],
    [
      'a name of 4097 bytes',
      (r) => firstFile(r, { name: `${'ص'.repeat(2048)}x` }),
      'malformed-request',
      'files.0.name',
    ],
    [
      'exact bytes of another name',
      (r) => firstFile(r, { nameBase64: Buffer.from('other\xff', 'latin1').toString('base64') }),
      'malformed-request',
      'files.0.name',
    ],
    [
      'an id twice',
      (r) => ({ ...r, files: [...r.files, { ...r.files[0], name: 'other' }] }),
      'malformed-request',
      'files.1.id',
    ],
    [
      'a name twice',
      (r) => ({ ...r, files: [...r.files, { ...r.files[0], id: randomUUID() }] }),
      'malformed-request',
      'files.1.name',
    ],
  ])('refuses %s', async (_name, change, code, path) => {
    const { registration } = await sampleExhibit(investigator);
    const answer = await client.post('/v1/exhibits', change(registration));
    expect([answer.status, answer.json.code]).toEqual([400, code]);
    expect(answer.json.faults.map((fault: { path: string }) => fault.path)).toContain(path);
    expect((await client.get(`/v1/exhibits/${registration.id}`)).status).toBe(404);
  });

  it('takes names as they are (bad-input.md 59 to 74) and gives them back byte by byte', async () => {
    const names = [
      'photo\u202Egpj.exe',
      'صورة من كاميرا المراقبة ١٢.jpg',
      '\u200Fملف\u061C.pdf',
      '../../etc/passwd',
      'C:\\x',
      'CON',
      'trailing.',
      'trailing ',
      'x'.repeat(255),
      'x'.repeat(256),
      'caf\u00E9.txt',
      'cafe\u0301.txt',
      'line\r\nbreak.txt',
      `quotes'"\`.txt`,
      'zero\u200Bwidth.txt',
      'homoglyph.\u0435xe',
      '-rf',
      '\u001B[31mred\u001B[0m',
      '=cmd()',
      '{"a":1}',
      'NULL',
      'back\\slash,comma{brace}',
      '\uFEFFmark.txt',
      '👩🏽‍🚀.png',
    ];
    const files = names.map((name, at) => ({ name, sizeBytes: at }));
    const exhibit = await sampleExhibit(investigator, { files });
    expect((await register(exhibit)).status).toBe(201);
    const shown = await client.get(`/v1/exhibits/${exhibit.id}`);
    expect(shown.json.files.map(({ name }: { name: string }) => name)).toEqual(names);
    expect((await client.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws)).status).toBe(200);
  });

  it('takes names that are not UTF-8', async () => {
    const bytes = Buffer.from([0x66, 0xff, 0x2e, 0x74]);
    const exact = { name: 'f\uFFFD.t', nameBase64: bytes.toString('base64') };
    const { registration } = await sampleExhibit(investigator);
    const answer = await client.post('/v1/exhibits', {
      ...registration,
      files: registration.files.map((file) => ({ ...file, ...exact })),
    });
    expect(answer.status).toBe(201);
    expect((await client.get(`/v1/exhibits/${registration.id}`)).json.files[0]).toMatchObject(exact);
  });

  it('takes 10 000 files in one request', async () => {
    const { registration } = await sampleExhibit(investigator);
    const [file] = registration.files;
    const files = Array.from({ length: 10_000 }, (_, at) => ({ ...file, id: randomUUID(), name: `folder/${at}` }));
    const began = performance.now();
    const answer = await client.post('/v1/exhibits', { ...registration, files });
    expect([answer.status, answer.json.fileCount]).toEqual([201, 10_000]);
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  it('takes a correction of an exhibit with a manifest, and tells of it on both', async () => {
    const wrong = await sampleExhibit(investigator);
    await register(wrong);
    const early = await sampleExhibit(investigator, {
      caseNumber: wrong.registration.caseNumber,
      supersedes: { exhibit: wrong, manifestSha256: '0'.repeat(64) },
    });
    expect((await register(early)).status).toBe(409);
    const { manifestSha256 } = (await client.post(`/v1/exhibits/${wrong.id}/manifest`, wrong.jws)).json;
    const right = await sampleExhibit(investigator, {
      caseNumber: wrong.registration.caseNumber,
      supersedes: { exhibit: wrong, manifestSha256 },
    });
    expect((await register(right)).status).toBe(201);
    expect((await client.post(`/v1/exhibits/${right.id}/manifest`, right.jws)).status).toBe(200);
    expect(await kindsOf(world, wrong.id)).toEqual(['exhibit-registered', 'manifest-signed', 'exhibit-corrected']);
  });
});

describe('the signed manifest', () => {
  const submit = (exhibit: SampleExhibit, jws: unknown = exhibit.jws, as = client) =>
    as.post(`/v1/exhibits/${exhibit.id}/manifest`, jws);

  it('fixes what the exhibit is, once', async () => {
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    const first = await submit(exhibit);
    expect(first.status).toBe(200);
    expect(first.json.manifestSha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await submit(exhibit)).json).toEqual(first.json);
    const later = await signManifest(
      { ...exhibit.manifest, software: 'amana/later' },
      await signerOf(investigator.signingKey),
    );
    const other = await submit(exhibit, later);
    expect([other.status, other.json.code]).toEqual([409, 'conflict']);
    const events = await eventsOf(world, exhibit.id);
    expect(events.map(({ kind }) => kind)).toEqual(['exhibit-registered', 'manifest-signed']);
    expect(events[1]).toMatchObject({ hashAfter: first.json.manifestSha256 });
    const shown = await client.get(`/v1/exhibits/${exhibit.id}`);
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
    ['teamId', (m) => ({ ...m, teamId: world.directory.teamId })],
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
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    const answer = await submit(
      exhibit,
      await signManifest(change(exhibit.manifest), await signerOf(investigator.signingKey)),
    );
    expect([answer.status, answer.json.code, answer.json.faults?.[0].path]).toEqual([422, 'manifest-mismatch', field]);
    expect((await client.get(`/v1/exhibits/${exhibit.id}`)).json.manifest).toBeNull();
  });

  it('may be signed by a certified colleague, who says so', async () => {
    const { colleague } = world.directory.tripoli;
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    const jws = await signManifest(
      { ...exhibit.manifest, officerId: colleague.id },
      await signerOf(colleague.signingKey),
    );
    expect((await submit(exhibit, jws)).status).toBe(200);
    expect((await eventsOf(world, exhibit.id))[1]).toMatchObject({ detail: { signedBy: colleague.id } });
  });

  it('is not signed by a colleague for the officer, by an officer of others, or by nobody', async () => {
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    const { rome, tripoli } = world.directory;
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
    const exhibit = await sampleExhibit(investigator);
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
    const exhibit = await sampleExhibit(investigator);
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
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    const stranger = await api.as(world.directory.stranger.investigator);
    const foreign = await submit(exhibit, exhibit.jws, stranger);
    const none = await stranger.post(`/v1/exhibits/${randomUUID()}/manifest`, exhibit.jws);
    expect(foreign.status).toBe(404);
    expect(foreign.json).toEqual(none.json);
  });

  it.each([
    ['before the bytes', true],
    ['after the bytes', false],
  ])('makes the exhibit stored with its last file, signed %s', async (_name, signedFirst) => {
    const exhibit = await sampleExhibit(investigator, {
      files: [
        { name: 'a', sizeBytes: 0 },
        { name: 'b', sizeBytes: 1 },
      ],
    });
    await register(exhibit);
    const state = async () => (await client.get(`/v1/exhibits/${exhibit.id}`)).json.state;
    if (signedFirst) await submit(exhibit);
    for (const file of exhibit.files) {
      expect(await state()).not.toBe('stored');
      expect((await client.putPart(file.id, 1, file.sealed)).status).toBe(200);
    }
    expect(await state()).toBe(signedFirst ? 'stored' : 'uploading');
    if (!signedFirst) await submit(exhibit);
    expect(await state()).toBe('stored');
    expect((await kindsOf(world, exhibit.id)).at(-1)).toBe('exhibit-stored');
    expect(await jobsOf(world, 'recheck-exhibit')).toContain(`recheck-exhibit/${exhibit.id}`);
  });
});

describe('exhibits as they are read', () => {
  it('13, 49 gives 404 for one of others, the same as for none', async () => {
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    for (const officer of [
      world.directory.stranger.investigator,
      world.directory.rome.investigator,
      world.directory.rome.auditor,
    ]) {
      const there = await api.as(officer);
      const foreign = await there.get(`/v1/exhibits/${exhibit.id}`);
      const none = await there.get(`/v1/exhibits/${randomUUID()}`);
      expect([foreign.status, foreign.json]).toEqual([404, none.json]);
      const list = await there.get(`/v1/exhibits?limit=200`);
      expect(list.json.items.map(({ id }: { id: string }) => id)).not.toContain(exhibit.id);
    }
  });

  it('shows oversight of the same state all of it, files too', async () => {
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    const shown = await (await api.as(world.directory.tripoli.auditor)).get(`/v1/exhibits/${exhibit.id}`);
    expect(shown.json.files).toHaveLength(1);
  });

  it('50 shows a recipient what is granted, and 403 with the rule once that is revoked', async () => {
    const exhibit = await sampleExhibit(investigator, { teamId: world.directory.teamId });
    await bringIn(client, exhibit);
    const there = await api.as(world.directory.rome.prosecutor);
    const listed = async () => (await there.get('/v1/exhibits')).json.items.map(({ id }: { id: string }) => id);
    expect((await there.get(`/v1/exhibits/${exhibit.id}`)).status).toBe(404);
    const grantId = await grantTo(world, exhibit, world.directory.rome);
    expect((await there.get(`/v1/exhibits/${exhibit.id}`)).json).toMatchObject({
      id: exhibit.id,
      files: [{ name: 'report.txt' }],
    });
    expect(await listed()).toContain(exhibit.id);
    await world.query(`UPDATE amana.evidence_grant SET state = 'revoked' WHERE id = $1`, [grantId]);
    const refused = await there.get(`/v1/exhibits/${exhibit.id}`);
    expect([refused.status, refused.json.rule]).toEqual([403, 'grant-revoked']);
    expect(refused.json.source).toContain('2016/680');
    expect(await listed()).not.toContain(exhibit.id);
    expect((await kindsOf(world, exhibit.id)).at(-1)).toBe('access-refused');
  });

  it('lists each once, the newest first, page by page', async () => {
    const officer = world.directory.rome.prosecutor;
    const there = await api.as(officer);
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) {
      const exhibit = await sampleExhibit(officer);
      await there.post('/v1/exhibits', exhibit.registration);
      ids.unshift(exhibit.id);
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await there.get(`/v1/exhibits?limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.json.items.map(({ id }: { id: string }) => id));
      cursor = page.json.next;
    }
    expect(seen.slice(0, 7)).toEqual(ids);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('pages over exhibits of one and the same instant', async () => {
    const officer = world.directory.stranger.investigator;
    const there = await api.as(officer);
    for (let count = 0; count < 5; count++)
      await there.post('/v1/exhibits', (await sampleExhibit(officer)).registration);
    await world.query(`UPDATE amana.exhibit SET registered_at = '2026-05-05T05:05:05.005Z' WHERE agency_id = $1`, [
      officer.agency.id,
    ]);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await there.get(`/v1/exhibits?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.json.items.map(({ id }: { id: string }) => id));
      cursor = page.json.next;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
  });

  it('finds one by its number', async () => {
    const exhibit = await sampleExhibit(investigator);
    await register(exhibit);
    const found = await client.get(`/v1/exhibits?number=${exhibit.registration.number}`);
    expect(found.json.items).toMatchObject([{ id: exhibit.id }]);
  });
});

describe('a hold against disclosure', () => {
  let sealed: SampleExhibit;
  let prosecutor: ApiClient;
  const reason = { reason: 'defence application 17/26' };
  beforeAll(async () => {
    sealed = await sampleExhibit(investigator);
    await bringIn(client, sealed);
    const worker = await startRecheck(world);
    expect(await worker.recheck(sealed.id)).toBe('intact');
    await worker.stop();
    prosecutor = await api.as(world.directory.tripoli.prosecutor);
  });
  const etag = async () => (await client.get(`/v1/exhibits/${sealed.id}`)).headers.get('etag') ?? '';

  it('53 asks for If-Match, 52 refuses a stale one', async () => {
    const without = await prosecutor.post(`/v1/exhibits/${sealed.id}/hold`, reason);
    expect([without.status, without.json.code]).toEqual([428, 'precondition-required']);
    const stale = await prosecutor.post(`/v1/exhibits/${sealed.id}/hold`, reason, { 'if-match': '"1"' });
    expect([stale.status, stale.json.code]).toEqual([412, 'precondition-failed']);
    for (const loose of ['*', '1', 'W/"1"', '"1", "2"']) {
      const answer = await prosecutor.post(`/v1/exhibits/${sealed.id}/hold`, reason, { 'if-match': loose });
      expect([answer.status, answer.json.code]).toEqual([400, 'malformed-request']);
    }
  });

  it('is not for an investigator, and that goes on the record', async () => {
    const answer = await client.post(`/v1/exhibits/${sealed.id}/hold`, reason, { 'if-match': await etag() });
    expect([answer.status, answer.json.rule]).toEqual([403, 'role-not-entitled']);
    expect((await kindsOf(world, sealed.id)).at(-1)).toBe('access-refused');
  });

  it('holds and releases, each with its reason on the record, and repeats the answer', async () => {
    const held = { 'if-match': await etag(), 'idempotency-key': randomUUID() };
    const first = await prosecutor.post(`/v1/exhibits/${sealed.id}/hold`, reason, held);
    expect([first.status, first.json.state]).toEqual([200, 'on-hold']);
    expect((await prosecutor.post(`/v1/exhibits/${sealed.id}/hold`, reason, held)).json).toEqual(first.json);
    const again = await prosecutor.post(`/v1/exhibits/${sealed.id}/hold`, reason, { 'if-match': await etag() });
    expect([again.status, again.json.code]).toEqual([409, 'conflict']);
    const released = await prosecutor.post(`/v1/exhibits/${sealed.id}/release`, reason, { 'if-match': await etag() });
    expect([released.status, released.json.state]).toEqual([200, 'sealed']);
    expect((await eventsOf(world, sealed.id)).slice(-2)).toMatchObject([
      { kind: 'exhibit-held', ...reason },
      { kind: 'exhibit-released', ...reason },
    ]);
  });

  it('51 is refused before the exhibit is sealed', async () => {
    const fresh = await sampleExhibit(investigator);
    await register(fresh);
    const answer = await prosecutor.post(`/v1/exhibits/${fresh.id}/hold`, reason, { 'if-match': '"1"' });
    expect([answer.status, answer.json.code]).toEqual([409, 'conflict']);
  });
});
