import { beforeAll, describe, expect, it } from '@jest/globals';
import { createAgencyKeys, newOfficerKeys, openAgencyKeys, type OfficerKeys, wrapAgencyKeys } from '#client/keystore';
import { recipientOf } from '#domain/sealing';
import type { ApiClient } from '../../support/api-client.js';
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
import { createApi } from '../../../apps/api/api.js';
import { apiInTest } from '../../support/api-in-test.js';

const given = apiInTest(createApi);

describe('the directory', () => {
  it('takes an agency from invitation to certified officers', async () => {
    const agency = await invite(given, 'GR');
    const { bundle, keys, status } = await publishKeys(agency, 'GR');
    expect(status).toBe(200);
    const theirs = await newOfficerKeys();
    expect((await enrol(agency.investigator, agency.investigatorId, enrolment(theirs))).json).toMatchObject({
      keyState: 'enrolled',
    });
    const wrapped = await wrapAgencyKeys(bundle, {
      officers: [agency.adminKeys, theirs].map(({ identity }) => recipientOf(identity)),
      recovery: keys.recoveryRecipient,
    });
    const certified = await certify(agency.admin, agency.investigatorId, {
      certificate: await certificateFor(agency, bundle, agency.investigatorId, theirs, ['investigator']),
      wrappedKeys: base64(wrapped),
    });
    expect(certified.json).toMatchObject({ keyState: 'certified' });
    const mine = await agency.investigator.get('/v1/agencies/mine/keys');
    expect(await openAgencyKeys(Buffer.from(mine.json.wrappedKeys as string, 'base64'), theirs.identity)).toEqual(
      bundle,
    );
    const me = await agency.investigator.get('/v1/officers/me');
    expect(me.json).toMatchObject({
      officer: { keyState: 'certified' },
      agency: { id: agency.id, statement: { payload: expect.any(String) } },
      teams: [],
    });
    const events = await given.world.query<{ kind: string }>(
      `SELECT kind FROM amana.custody_event WHERE chain_id = $1 ORDER BY case_seq`,
      [agency.id],
    );
    expect(events.map(({ kind }) => kind)).toEqual(['agency-certified', 'officer-certified']);
  });

  it('shows every agency to every officer, and its wrapped keys to its own alone', async () => {
    const [one, other] = [await invite(given, 'GR'), await invite(given, 'IT')];
    await publishKeys(one, 'GR');
    const list = await other.investigator.get('/v1/agencies');
    expect(list.json.items).toEqual(expect.arrayContaining([expect.objectContaining({ id: one.id })]));
    expect((await other.admin.get('/v1/agencies/mine/keys')).status).toBe(404);
    expect((await one.admin.get('/v1/agencies/mine/keys')).json).toMatchObject({ agencyId: one.id, epoch: 1 });
    const early = await one.investigator.get('/v1/agencies/mine/keys');
    expect([early.status, early.json.rule]).toEqual([403, 'officer-not-certified']);
  });

  describe('refuses', () => {
    let agency: NewAgency;
    let published: Awaited<ReturnType<typeof publishKeys>>;
    let theirs: OfficerKeys;
    beforeAll(async () => {
      agency = await invite(given, 'GR');
      published = await publishKeys(agency, 'GR');
      theirs = await newOfficerKeys();
      await enrol(agency.investigator, agency.investigatorId, enrolment(theirs));
    });
    const handIn = (client: ApiClient, certificate: unknown) =>
      certify(client, agency.investigatorId, { certificate, wrappedKeys: base64(new Uint8Array(10)) });

    it('agency keys from who does not administer it', async () => {
      const answer = await put(
        agency.investigator,
        `/v1/agencies/${agency.id}/keys`,
        {
          statement: published.statement,
          wrappedKeys: '',
        },
        `/v1/agencies/${agency.id}`,
      );
      expect(answer.json).toMatchObject({ status: 403, rule: 'role-not-entitled' });
    });

    it('the keys of an epoch that is there', async () => {
      expect((await publishKeys(agency, 'GR')).status).toBe(409);
    });

    it('a statement about another state than the directory knows', async () => {
      const another = await invite(given, 'GR');
      expect((await publishKeys(another, 'IT')).status).toBe(422);
    });

    it('a certificate from who does not administer the agency', async () => {
      const certificate = await certificateFor(agency, published.bundle, agency.investigatorId, theirs, [
        'investigator',
      ]);
      expect((await handIn(agency.investigator, certificate)).status).toBe(403);
    });

    it.each<[string, number, () => Promise<unknown>]>([
      [
        'signed by another agency',
        422,
        async () =>
          certificateFor(agency, await createAgencyKeys(agency.id, 1), agency.investigatorId, theirs, ['investigator']),
      ],
      [
        'of keys the officer did not enrol',
        422,
        async () =>
          certificateFor(agency, published.bundle, agency.investigatorId, await newOfficerKeys(), ['investigator']),
      ],
      [
        'of another officer',
        422,
        async () => certificateFor(agency, published.bundle, agency.adminId, theirs, ['investigator']),
      ],
      [
        'that gives a role the directory does not',
        422,
        async () =>
          certificateFor(agency, published.bundle, agency.investigatorId, theirs, ['investigator', 'auditor']),
      ],
      ['that is no JWS', 422, () => Promise.resolve({ payload: 1 })],
      ['that is a string', 422, () => Promise.resolve('eyJ')],
    ])('a certificate %s', async (_name, status, make) => {
      const answer = await handIn(agency.admin, await make());
      expect(answer.status).toBe(status);
      expect((await agency.investigator.get('/v1/officers/me')).json.officer.keyState).toBe('enrolled');
    });

    it("another agency's officer as if it were not there", async () => {
      const stranger = await invite(given, 'GR');
      const answer = await certify(stranger.admin, agency.investigatorId, {
        certificate: {},
        wrappedKeys: '',
      });
      expect(answer.status).toBe(404);
    });

    it.each([
      ['a recipient that is none', { recipient: 'age1qqqq' }, 400],
      ['a key of low order', { signingKey: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } }, 400],
      ['a field nobody asked for', { roles: ['agency-admin'] }, 400],
    ])('an enrolment with %s', async (_name, change, status) => {
      const answer = await enrol(agency.investigator, agency.investigatorId, { ...enrolment(theirs), ...change });
      expect(answer.status).toBe(status);
    });

    it("keys that are another officer's", async () => {
      expect((await enrol(agency.admin, agency.adminId, enrolment(theirs))).status).toBe(409);
    });
  });
});
