import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from '../../support/api-client.js';
import { startRecheck } from '../../support/recheck.js';
import { eventsOf, kindsOf } from '../../support/records.js';
import { bringIn, sampleExhibit, type SampleExhibit } from '../../support/sample-exhibit.js';
import { apiInTest } from '../../support/api-in-test.js';
import { createApi } from '../../../apps/api/api.js';

const given = apiInTest(createApi);
const register = (exhibit: SampleExhibit, headers = {}) =>
  given.client.post('/v1/exhibits', exhibit.registration, headers);

describe('a hold against disclosure', () => {
  let sealed: SampleExhibit;
  let prosecutor: ApiClient;
  const reason = { reason: 'defence application 17/26' };
  beforeAll(async () => {
    sealed = await sampleExhibit(given.investigator);
    await bringIn(given.client, sealed);
    const worker = await startRecheck(given.world);
    expect(await worker.recheck(sealed.id)).toBe('intact');
    await worker.stop();
    prosecutor = await given.api.as(given.world.directory.tripoli.prosecutor);
  });
  const etag = async () => (await given.client.get(`/v1/exhibits/${sealed.id}`)).headers.get('etag') ?? '';

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

  it('is not for an given.investigator, and that goes on the record', async () => {
    const answer = await given.client.post(`/v1/exhibits/${sealed.id}/hold`, reason, { 'if-match': await etag() });
    expect([answer.status, answer.json.rule]).toEqual([403, 'role-not-entitled']);
    expect((await kindsOf(given.world, sealed.id)).at(-1)).toBe('access-refused');
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
    expect((await eventsOf(given.world, sealed.id)).slice(-2)).toMatchObject([
      { kind: 'exhibit-held', ...reason },
      { kind: 'exhibit-released', ...reason },
    ]);
  });

  it('51 is refused before the exhibit is sealed', async () => {
    const fresh = await sampleExhibit(given.investigator);
    await register(fresh);
    const answer = await prosecutor.post(`/v1/exhibits/${fresh.id}/hold`, reason, { 'if-match': '"1"' });
    expect([answer.status, answer.json.code]).toEqual([409, 'conflict']);
  });
});
