import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type AgencyKeyBundle, agencyPublicKeys, createAgencyKeys, wrapAgencyKeys } from '#client/keystore';
import { AgreementId } from '#domain/evidence';
import { type AgencyKeys, countersignAgreement, type GeneralJws, signAgreement, signerOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import {
  base64,
  certificateFor,
  certify,
  enrol,
  enrolment,
  invite,
  type NewAgency,
  publishKeys,
} from '../../support/new-agency.js';
import { createApi } from '../../../apps/api/api.js';
import { apiInTest } from '../../support/api-in-test.js';

const given = apiInTest(createApi);

describe('an agreement', () => {
  interface Party {
    readonly agency: NewAgency;
    readonly bundle: AgencyKeyBundle;
    readonly keys: AgencyKeys;
  }
  let parties: [Party, Party];
  beforeAll(async () => {
    const party = async (state: string): Promise<Party> => {
      const agency = await invite(given, state);
      const { bundle, keys } = await publishKeys(agency, state);
      const { admin, adminId, adminKeys } = agency;
      await enrol(admin, adminId, enrolment(adminKeys));
      const certificate = await certificateFor(agency, bundle, adminId, adminKeys, ['agency-admin']);
      const wrapped = await wrapAgencyKeys(bundle, {
        officers: [recipientOf(adminKeys.identity)],
        recovery: keys.recoveryRecipient,
      });
      const certified = await certify(admin, adminId, { certificate, wrappedKeys: base64(wrapped) });
      expect(certified.status).toBe(200);
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
    const stranger = await invite(given, 'FR');
    expect((await stranger.investigator.get('/v1/teams')).json.items).toEqual([]);
    expect((await stranger.investigator.get('/v1/agreements')).json.items).toEqual([]);
    const events = await given.world.query(
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

  it('is published by a certified administrator of a party alone', async () => {
    const jws = await instrument(parties);
    expect((await parties[0].agency.investigator.post('/v1/agreements', { instrument: jws })).status).toBe(403);
    expect((await (await invite(given, 'FR')).admin.post('/v1/agreements', { instrument: jws })).status).toBe(403);
    const [{ agency }] = parties;
    const keyState = (state: string) =>
      given.world.query(`UPDATE amana.officer SET key_state = $2 WHERE id = $1`, [agency.adminId, state]);
    await keyState('revoked');
    const revoked = await agency.admin.post('/v1/agreements', { instrument: jws });
    await keyState('certified');
    expect(revoked.json).toMatchObject({ status: 403, rule: 'officer-not-certified' });
  });
});
