import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AgencyKeyBundle,
  agencyPublicKeys,
  createAgencyKeys,
  newOfficerKeys,
  openAgencyKeys,
  type OfficerKeys,
  wrapAgencyKeys,
} from '#client/keystore';
import type { OfficerRole } from '#domain/custody';
import { AgencyId, AgreementId, OfficerId } from '#domain/evidence';
import {
  type AgencyKeys,
  certifyOfficer,
  countersignAgreement,
  type GeneralJws,
  publicJwkOf,
  signAgencyStatement,
  signAgreement,
  signerOf,
} from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { ApiClient } from '../support/api-client.js';

let world: TestWorld;
let api: TestApi;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** An agency as it enters the directory: invited, with an administrator and an investigator, and no keys. */
interface NewAgency {
  readonly id: AgencyId;
  readonly name: string;
  readonly admin: ApiClient;
  readonly adminId: OfficerId;
  readonly adminKeys: OfficerKeys;
  readonly investigator: ApiClient;
  readonly investigatorId: OfficerId;
}

async function invite(state: string): Promise<NewAgency> {
  const id = AgencyId.parse(randomUUID());
  const name = `Agency ${id.slice(0, 8)}`;
  await world.query(`INSERT INTO amana.agency (id, state, name, kind, contact) VALUES ($1, $2, $3, 'border', 'desk')`, [
    id,
    state,
    name,
  ]);
  const officer = async (role: OfficerRole): Promise<[OfficerId, ApiClient]> => {
    const officerId = OfficerId.parse(randomUUID());
    await world.query(
      `INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [officerId, id, world.issuer.url, officerId, `${officerId}@example.org`, `The ${role}`, [role]],
    );
    const token = await world.issuer.tokenFor(officerId, world.environment.AMANA_PUBLIC_URL ?? '');
    return [officerId, new ApiClient(api.baseUrl, token)];
  };
  const [adminId, admin] = await officer('agency-admin');
  const [investigatorId, investigator] = await officer('investigator');
  return { id, name, admin, adminId, adminKeys: await newOfficerKeys(), investigator, investigatorId };
}

const enrolment = (keys: OfficerKeys) => ({
  signingKey: publicJwkOf(keys.signingKey),
  recipient: recipientOf(keys.identity),
});
const put = (client: ApiClient, path: string, body: unknown) =>
  client.send('PUT', path, JSON.stringify(body), { 'content-type': 'application/json' });

async function publishKeys(
  agency: NewAgency,
  state: string,
): Promise<{ bundle: AgencyKeyBundle; keys: AgencyKeys; statement: GeneralJws; status: number }> {
  const bundle = await createAgencyKeys(agency.id, 1);
  const keys = agencyPublicKeys(bundle, { state, name: agency.name, recoveryRecipient: recipientOf(newIdentity()) });
  const statement = await signAgencyStatement(
    { schema: 'amana-agency/v1', ...keys },
    await signerOf(bundle.signingKey),
  );
  const wrapped = await wrapAgencyKeys(bundle, {
    officers: [recipientOf(agency.adminKeys.identity)],
    recovery: keys.recoveryRecipient,
  });
  const { status } = await put(agency.admin, `/v1/agencies/${agency.id}/keys`, {
    statement,
    wrappedKeys: base64(wrapped),
  });
  return { bundle, keys, statement, status };
}

async function certificateFor(
  agency: NewAgency,
  bundle: AgencyKeyBundle,
  officerId: OfficerId,
  keys: OfficerKeys,
  roles: OfficerRole[],
): Promise<GeneralJws> {
  return certifyOfficer(
    {
      schema: 'amana-officer/v1',
      officerId,
      agencyId: agency.id,
      name: 'An officer',
      roles,
      ...enrolment(keys),
      validFrom: '2026-01-01T00:00:00.000Z',
    },
    await signerOf(bundle.signingKey),
  );
}

describe('the directory', () => {
  it('takes an agency from invitation to certified officers', async () => {
    const agency = await invite('GR');
    const { bundle, keys, status } = await publishKeys(agency, 'GR');
    expect(status).toBe(200);
    const theirs = await newOfficerKeys();
    expect((await put(agency.investigator, '/v1/officers/me/keys', enrolment(theirs))).json).toMatchObject({
      keyState: 'enrolled',
    });
    const wrapped = await wrapAgencyKeys(bundle, {
      officers: [agency.adminKeys, theirs].map(({ identity }) => recipientOf(identity)),
      recovery: keys.recoveryRecipient,
    });
    const certified = await agency.admin.post(`/v1/officers/${agency.investigatorId}/certificate`, {
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
    const events = await world.query<{ kind: string }>(
      `SELECT kind FROM amana.custody_event WHERE chain_id = $1 ORDER BY case_seq`,
      [agency.id],
    );
    expect(events.map(({ kind }) => kind)).toEqual(['agency-certified', 'officer-certified']);
  });

  it('shows every agency to every officer, and its wrapped keys to its own alone', async () => {
    const [one, other] = [await invite('GR'), await invite('IT')];
    await publishKeys(one, 'GR');
    const list = await other.investigator.get('/v1/agencies');
    expect(list.json.items).toEqual(expect.arrayContaining([expect.objectContaining({ id: one.id })]));
    expect((await other.investigator.get('/v1/agencies/mine/keys')).status).toBe(404);
    expect((await one.investigator.get('/v1/agencies/mine/keys')).status).toBe(200);
  });

  describe('refuses', () => {
    let agency: NewAgency;
    let published: Awaited<ReturnType<typeof publishKeys>>;
    let theirs: OfficerKeys;
    beforeAll(async () => {
      agency = await invite('GR');
      published = await publishKeys(agency, 'GR');
      theirs = await newOfficerKeys();
      await put(agency.investigator, '/v1/officers/me/keys', enrolment(theirs));
    });
    const certify = (client: ApiClient, certificate: unknown) =>
      client.post(`/v1/officers/${agency.investigatorId}/certificate`, {
        certificate,
        wrappedKeys: base64(new Uint8Array(10)),
      });

    it('agency keys from who does not administer it', async () => {
      const answer = await put(agency.investigator, `/v1/agencies/${agency.id}/keys`, {
        statement: published.statement,
        wrappedKeys: '',
      });
      expect(answer.json).toMatchObject({ status: 403, rule: 'role-not-entitled' });
    });

    it('the keys of an epoch that is there', async () => {
      expect((await publishKeys(agency, 'GR')).status).toBe(409);
    });

    it('a statement about another state than the directory knows', async () => {
      const another = await invite('GR');
      expect((await publishKeys(another, 'IT')).status).toBe(422);
    });

    it('a certificate from who does not administer the agency', async () => {
      const certificate = await certificateFor(agency, published.bundle, agency.investigatorId, theirs, [
        'investigator',
      ]);
      expect((await certify(agency.investigator, certificate)).status).toBe(403);
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
      const answer = await certify(agency.admin, await make());
      expect(answer.status).toBe(status);
      expect((await agency.investigator.get('/v1/officers/me')).json.officer.keyState).toBe('enrolled');
    });

    it("another agency's officer as if it were not there", async () => {
      const stranger = await invite('GR');
      const answer = await stranger.admin.post(`/v1/officers/${agency.investigatorId}/certificate`, {
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
      expect((await put(agency.investigator, '/v1/officers/me/keys', { ...enrolment(theirs), ...change })).status).toBe(
        status,
      );
    });

    it("keys that are another officer's", async () => {
      expect((await put(agency.admin, '/v1/officers/me/keys', enrolment(theirs))).status).toBe(409);
    });
  });
});

describe('an agreement', () => {
  interface Party {
    readonly agency: NewAgency;
    readonly bundle: AgencyKeyBundle;
    readonly keys: AgencyKeys;
  }
  let parties: [Party, Party];
  beforeAll(async () => {
    const party = async (state: string): Promise<Party> => {
      const agency = await invite(state);
      const { bundle, keys } = await publishKeys(agency, state);
      return { agency, bundle, keys };
    };
    parties = [await party('GR'), await party('IT')];
  });

  async function instrument(signers: readonly Party[], keys = parties.map((party) => party.keys)): Promise<GeneralJws> {
    const [first, ...others] = signers;
    let jws = await signAgreement(
      {
        schema: 'amana-agreement/v1',
        agreementId: AgreementId.parse(randomUUID()),
        title: 'A team',
        parties: keys,
        teamName: `Team ${randomUUID().slice(0, 8)}`,
        purposes: ['smuggling of migrants'],
        clauses: [],
        validFrom: '2026-01-01T00:00:00.000Z',
        validUntil: '2030-01-01T00:00:00.000Z',
      },
      await signerOf(first!.bundle.signingKey),
    );
    for (const { bundle } of others) jws = await countersignAgreement(jws, await signerOf(bundle.signingKey));
    return jws;
  }

  it('signed by all parties creates a team that its parties see and others do not', async () => {
    const jws = await instrument(parties);
    expect((await parties[0].agency.admin.post('/v1/agreements', { instrument: jws })).status).toBe(201);
    expect((await parties[0].agency.admin.post('/v1/agreements', { instrument: jws })).status).toBe(201);
    for (const { agency } of parties) {
      const teams = await agency.investigator.get('/v1/teams');
      expect(teams.json.items).toHaveLength(1);
      expect(teams.json.items[0].agencies.map(({ id }: { id: string }) => id).sort()).toEqual(
        parties.map((party) => party.agency.id).sort(),
      );
    }
    const stranger = await invite('FR');
    expect((await stranger.investigator.get('/v1/teams')).json.items).toEqual([]);
    expect((await stranger.investigator.get('/v1/agreements')).json.items).toEqual([]);
    const events = await world.query(
      `SELECT FROM amana.custody_event WHERE kind = 'agreement-in-force' AND chain_id = ANY ($1)`,
      [parties.map(({ agency }) => agency.id)],
    );
    expect(events).toHaveLength(2);
  });

  it('signed by some is not in force', async () => {
    const answer = await parties[0].agency.admin.post('/v1/agreements', { instrument: await instrument([parties[0]]) });
    expect(answer.json).toMatchObject({ status: 422, code: 'manifest-invalid' });
  });

  it('with keys the directory does not know is refused: an agreement brings no key in', async () => {
    const swapped = await createAgencyKeys(parties[1].agency.id, 1);
    const forged: Party = {
      ...parties[1],
      bundle: swapped,
      keys: agencyPublicKeys(swapped, {
        state: 'IT',
        name: parties[1].agency.name,
        recoveryRecipient: recipientOf(newIdentity()),
      }),
    };
    const answer = await parties[0].agency.admin.post('/v1/agreements', {
      instrument: await instrument([parties[0], forged], [parties[0].keys, forged.keys]),
    });
    expect(answer.json).toMatchObject({ status: 422, code: 'key-not-certified' });
  });

  it('is published by an administrator of a party alone', async () => {
    const jws = await instrument(parties);
    expect((await parties[0].agency.investigator.post('/v1/agreements', { instrument: jws })).status).toBe(403);
    expect((await (await invite('FR')).admin.post('/v1/agreements', { instrument: jws })).status).toBe(403);
  });
});
