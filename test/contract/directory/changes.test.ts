import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { newOfficerKeys, type OfficerKeys, wrapAgencyKeys } from '#client/keystore';
import { recipientOf } from '#domain/sealing';
import { createApi } from '../../../apps/api/api.js';
import { apiInTest } from '../../support/api-in-test.js';
import {
  base64,
  certificateFor,
  certify,
  enrol,
  enrolment,
  invite,
  type NewAgency,
  publishKeys,
  put,
} from '../../support/new-agency.js';

const given = apiInTest(createApi);

const JSON_TYPE = { 'content-type': 'application/json' };

describe('a change of the directory', () => {
  let agency: NewAgency;
  let theirs: OfficerKeys;
  beforeAll(async () => {
    agency = await invite(given, 'GR');
    theirs = await newOfficerKeys();
  });
  const officer = () => `/v1/officers/${agency.investigatorId}`;

  it.each<[what: string, ask: (headers: Record<string, string>) => ReturnType<typeof put>]>([
    [
      'agency keys',
      (headers) =>
        agency.admin.send('PUT', `/v1/agencies/${agency.id}/keys`, JSON.stringify({ statement: {}, wrappedKeys: '' }), {
          ...JSON_TYPE,
          ...headers,
        }),
    ],
    [
      'own keys',
      (headers) =>
        agency.investigator.send('PUT', '/v1/officers/me/keys', JSON.stringify(enrolment(theirs)), {
          ...JSON_TYPE,
          ...headers,
        }),
    ],
    [
      'a certificate',
      (headers) =>
        agency.admin.post(
          `${officer()}/certificate`,
          { certificate: {}, wrappedKeys: '' },
          { ...JSON_TYPE, ...headers },
        ),
    ],
  ])('53 asks for If-Match: %s', async (_what, ask) => {
    const without = await ask({});
    expect([without.status, without.json.code]).toEqual([428, 'precondition-required']);
    const loose = await ask({ 'if-match': '*' });
    expect([loose.status, loose.json.code]).toEqual([400, 'malformed-request']);
  });

  it('52 refuses what rests on another state than there is', async () => {
    const before = (await agency.admin.get(officer())).headers.get('etag') ?? '';
    expect((await enrol(agency.investigator, agency.investigatorId, enrolment(theirs))).status).toBe(200);
    const after = (await agency.admin.get(officer())).headers.get('etag') ?? '';
    expect(after).not.toBe(before);
    const stale = { ...JSON_TYPE, 'if-match': before };
    const other = JSON.stringify(enrolment(await newOfficerKeys()));
    const enrolled = await agency.investigator.send('PUT', '/v1/officers/me/keys', other, stale);
    expect([enrolled.status, enrolled.json.code]).toEqual([412, 'precondition-failed']);
    const certified = await agency.admin.post(`${officer()}/certificate`, { certificate: {}, wrappedKeys: '' }, stale);
    expect([certified.status, certified.json.code]).toEqual([412, 'precondition-failed']);
    // The same keys again are no change: the answer to them may have been lost.
    const again = await agency.investigator.send(
      'PUT',
      '/v1/officers/me/keys',
      JSON.stringify(enrolment(theirs)),
      stale,
    );
    expect([again.status, again.headers.get('etag')]).toEqual([200, after]);
  });

  it('is answered the same when it is sent again, and 54 refused under its key for something else', async () => {
    const { bundle, keys } = await publishKeys(agency, 'GR');
    const wrapped = await wrapAgencyKeys(bundle, {
      officers: [agency.adminKeys, theirs].map(({ identity }) => recipientOf(identity)),
      recovery: keys.recoveryRecipient,
    });
    const certificate = await certificateFor(agency, bundle, agency.investigatorId, theirs, ['investigator']);
    const body = { certificate, wrappedKeys: base64(wrapped) };
    const key = { 'idempotency-key': randomUUID() };
    const seen = (await agency.admin.get(officer())).headers.get('etag') ?? '';
    const first = await certify(agency.admin, agency.investigatorId, body, key);
    expect([first.status, first.json.keyState]).toEqual([200, 'certified']);
    expect(first.headers.get('etag')).toBe((await agency.admin.get(officer())).headers.get('etag'));
    const again = await agency.admin.post(`${officer()}/certificate`, body, { ...key, 'if-match': seen });
    expect([again.status, again.json, again.headers.get('etag')]).toEqual([200, first.json, first.headers.get('etag')]);
    const mixed = await certify(agency.admin, agency.investigatorId, { ...body, wrappedKeys: '' }, key);
    expect([mixed.status, mixed.json.code]).toEqual([422, 'idempotency-mismatch']);
    const events = await given.world.query(
      `SELECT FROM amana.custody_event WHERE kind = 'officer-certified' AND chain_id = $1`,
      [agency.id],
    );
    expect(events).toHaveLength(1);
  });

  it('49, 57 is nobody else’s: an officer of another agency is not there', async () => {
    const stranger = await invite(given, 'IT');
    const none = await stranger.admin.get(`/v1/officers/${randomUUID()}`);
    const found = await stranger.admin.get(officer());
    expect([found.status, found.json]).toEqual([404, none.json]);
    const certified = await certify(stranger.admin, agency.investigatorId, { certificate: {}, wrappedKeys: '' });
    expect([certified.status, certified.json]).toEqual([404, none.json]);
  });

  it.each([
    ['roles', { roles: ['prosecutor'] }],
    ['departure', { reason: 'retired' }],
  ])('is done once when its answer was lost: %s', async (verb, body) => {
    const { admin, investigatorId, id } = await invite(given, 'MT');
    const seen = (await admin.get(`/v1/officers/${investigatorId}`)).headers.get('etag') ?? '';
    const headers = { 'idempotency-key': randomUUID(), 'if-match': seen };
    const first = await admin.post(`/v1/officers/${investigatorId}/${verb}`, body, headers);
    expect(first.status).toBe(200);
    const again = await admin.post(`/v1/officers/${investigatorId}/${verb}`, body, headers);
    expect([again.status, again.json]).toEqual([first.status, first.json]);
    const events = await given.world.query(
      `SELECT FROM amana.custody_event WHERE kind IN ('officer-roles-changed', 'officer-departed') AND chain_id = $1`,
      [id],
    );
    expect(events).toHaveLength(1);
  });
});
