import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { eventsOf, kindsOf } from '../../support/records.js';
import { sampleExhibit, type SampleExhibit } from '../../support/sample-exhibit.js';
import { apiInTest } from '../../support/api-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = apiInTest(createApi);
const register = (exhibit: SampleExhibit, headers = {}) =>
  given.client.post('/v1/exhibits', exhibit.registration, headers);

describe('registration of an exhibit', () => {
  it('puts exhibit, case and event there at once', async () => {
    const exhibit = await sampleExhibit(given.investigator, { teamId: given.world.directory.teamId });
    const answer = await register(exhibit);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('etag')).toBe('"1"');
    const { id, number, caseNumber, teamId } = exhibit.registration;
    expect(answer.json).toMatchObject({
      ...{ id, number, caseNumber, teamId, state: 'registered', fileCount: 1, version: 1, manifestSha256: null },
      ...{ agencyId: given.investigator.agency.id, officerId: given.investigator.id, agencyState: 'LY' },
    });
    const [event] = await eventsOf(given.world, id);
    expect(event).toMatchObject({
      kind: 'exhibit-registered',
      exhibitSeq: 1,
      caseSeq: 1,
      actor: { kind: 'officer', officerId: given.investigator.id, role: 'investigator' },
      chain: { kind: 'case', id: answer.json.caseId },
    });
  });

  it('answers the same to the same, and 409 to another under its id', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    const first = await register(exhibit);
    const again = await register(exhibit);
    expect([again.status, again.json]).toEqual([200, first.json]);
    const other = await given.client.post('/v1/exhibits', {
      ...exhibit.registration,
      number: 'other',
      facts: { ...exhibit.registration.facts, exhibitNumber: 'other' },
    });
    expect([other.status, other.json.code]).toEqual([409, 'exists-with-other-content']);
    expect(await kindsOf(given.world, exhibit.id)).toEqual(['exhibit-registered']);
  });

  it('takes eight at once for one', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(exhibit)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(await kindsOf(given.world, exhibit.id)).toEqual(['exhibit-registered']);
  });

  it('54 refuses an Idempotency-Key that came with another body, and repeats the answer to the same', async () => {
    const [one, two] = [await sampleExhibit(given.investigator), await sampleExhibit(given.investigator)];
    const key = { 'idempotency-key': randomUUID() };
    const first = await register(one, key);
    const again = await register(one, key);
    expect([again.status, again.json, again.headers.get('etag')]).toEqual([201, first.json, '"1"']);
    const another = { 'idempotency-key': randomUUID() };
    expect((await register(one, another)).status).toBe(200);
    expect((await register(one, another)).status).toBe(200);
    const other = await register(two, key);
    expect([other.status, other.json.code]).toEqual([422, 'idempotency-mismatch']);
    expect((await given.client.get(`/v1/exhibits/${two.id}`)).status).toBe(404);
  });

  it('refuses a number twice in a case, not in two cases', async () => {
    const taken = await sampleExhibit(given.investigator);
    await register(taken);
    const { number, caseNumber } = taken.registration;
    const twice = await register(await sampleExhibit(given.investigator, { number, caseNumber }));
    expect([twice.status, twice.json.code]).toEqual([409, 'conflict']);
    expect((await register(await sampleExhibit(given.investigator, { number }))).status).toBe(201);
  });

  it('51 refuses a closed case', async () => {
    const first = await sampleExhibit(given.investigator);
    await register(first);
    const { caseNumber } = first.registration;
    await given.world.query(`UPDATE amana.case_file SET closed = true WHERE number = $1`, [caseNumber]);
    const late = await register(await sampleExhibit(given.investigator, { caseNumber }));
    expect([late.status, late.json.code]).toEqual([409, 'conflict']);
  });

  it('refuses the ids of others as taken, and tells nothing of them', async () => {
    const exhibit = await sampleExhibit(given.investigator);
    await register(exhibit);
    const { investigator: stranger } = given.world.directory.stranger;
    const theirs = await sampleExhibit(stranger);
    const there = await given.api.as(stranger);
    const sameExhibit = await there.post('/v1/exhibits', { ...theirs.registration, id: exhibit.id });
    expect([sameExhibit.status, sameExhibit.json.code]).toEqual([409, 'exists-with-other-content']);
    const files = theirs.registration.files.map((file) => ({ ...file, id: exhibit.files[0]?.id }));
    const sameFile = await there.post('/v1/exhibits', { ...theirs.registration, files });
    expect([sameFile.status, sameFile.json.code]).toEqual([409, 'exists-with-other-content']);
    expect(JSON.stringify(sameExhibit.json)).not.toContain(exhibit.registration.number);
  });

  it('refuses the team of others as if there were none', async () => {
    const { investigator: stranger } = given.world.directory.stranger;
    const exhibit = await sampleExhibit(stranger, { teamId: given.world.directory.teamId });
    const answer = await (await given.api.as(stranger)).post('/v1/exhibits', exhibit.registration);
    expect([answer.status, answer.json.code]).toEqual([404, 'not-found']);
  });

  it.each(['approver', 'auditor'] as const)('is not for an %s', async (role) => {
    const officer = given.world.directory.tripoli[role];
    const exhibit = await sampleExhibit(officer);
    const answer = await (await given.api.as(officer)).post('/v1/exhibits', exhibit.registration);
    expect([answer.status, answer.json.rule]).toEqual([403, 'role-not-entitled']);
  });

  it('is for certified officers alone', async () => {
    const { colleague } = given.world.directory.tripoli;
    await given.world.query(`UPDATE amana.officer SET key_state = 'revoked' WHERE id = $1`, [colleague.id]);
    const exhibit = await sampleExhibit(colleague);
    const answer = await (await given.api.as(colleague)).post('/v1/exhibits', exhibit.registration);
    await given.world.query(`UPDATE amana.officer SET key_state = 'certified' WHERE id = $1`, [colleague.id]);
    expect([answer.status, answer.json.rule]).toEqual([403, 'officer-not-certified']);
  });

  it('takes 10 000 files in one request', async () => {
    const { registration } = await sampleExhibit(given.investigator);
    const [file] = registration.files;
    const files = Array.from({ length: 10_000 }, (_, at) => ({ ...file, id: randomUUID(), name: `folder/${at}` }));
    const began = performance.now();
    const answer = await given.client.post('/v1/exhibits', { ...registration, files });
    expect([answer.status, answer.json.fileCount]).toEqual([201, 10_000]);
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  it('takes a correction of an exhibit with a manifest, and tells of it on both', async () => {
    const wrong = await sampleExhibit(given.investigator);
    await register(wrong);
    const early = await sampleExhibit(given.investigator, {
      caseNumber: wrong.registration.caseNumber,
      supersedes: { exhibit: wrong, manifestSha256: '0'.repeat(64) },
    });
    expect((await register(early)).status).toBe(409);
    const { manifestSha256 } = (await given.client.post(`/v1/exhibits/${wrong.id}/manifest`, wrong.jws)).json;
    const right = await sampleExhibit(given.investigator, {
      caseNumber: wrong.registration.caseNumber,
      supersedes: { exhibit: wrong, manifestSha256 },
    });
    expect((await register(right)).status).toBe(201);
    expect((await given.client.post(`/v1/exhibits/${right.id}/manifest`, right.jws)).status).toBe(200);
    expect(await kindsOf(given.world, wrong.id)).toEqual([
      'exhibit-registered',
      'manifest-signed',
      'exhibit-corrected',
    ]);
  });
});
