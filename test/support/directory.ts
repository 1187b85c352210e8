import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { OfficerRole } from '#domain/custody';
import { AgencyId, AgreementId, OfficerId, TeamId } from '#domain/evidence';
import {
  type AgencyKeys,
  type Agreement,
  certifyOfficer,
  countersignAgreement,
  newSigningKey,
  type PrivateJwk,
  publicJwkOf,
  signAgencyStatement,
  signAgreement,
  signerOf,
  thumbprintOf,
} from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';

export interface TestAgency {
  readonly id: AgencyId;
  readonly keys: AgencyKeys;
  readonly signingKey: PrivateJwk;
  /** age identity that opens what is wrapped to the agency. */
  readonly identity: string;
}

export interface TestOfficer {
  readonly id: OfficerId;
  readonly agency: TestAgency;
  /** Under which the identity provider knows them. */
  readonly subject: string;
  readonly signingKey: PrivateJwk;
}

/** Two agencies of two states in one team, each with officers of the roles that evidence passes through, and oversight of both. */
export interface TestDirectory {
  readonly teamId: TeamId;
  readonly tripoli: TestAgency &
    Record<'investigator' | 'colleague' | 'prosecutor' | 'approver' | 'auditor', TestOfficer>;
  readonly rome: TestAgency & Record<'investigator' | 'prosecutor' | 'approver' | 'auditor', TestOfficer>;
  /** Of the first state, in no team. */
  readonly stranger: TestAgency & Record<'investigator', TestOfficer>;
}

/** What the agreement of the test directory lists. */
export const AGREED_PURPOSE = 'trial of the smuggling of migrants';
export const AGREED_CLAUSE = '4';

const VALID_FROM = '2026-01-01T00:00:00.000Z';

/** Writes a directory as its owner would have come to have it: agencies' statements signed, officers certified. */
export async function seedDirectory(superuserUrl: string, issuer: string): Promise<TestDirectory> {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const tripoli = await seedAgency(client, 'LY', 'Border Investigation Department, Tripoli', 'investigation');
    const rome = await seedAgency(client, 'IT', 'Procura della Repubblica, Roma', 'prosecution');
    const stranger = await seedAgency(client, 'LY', 'Coast Guard, Misrata', 'border');
    const officer = (agency: TestAgency, ...roles: OfficerRole[]) => seedOfficer(client, issuer, agency, roles);
    return {
      teamId: await seedTeam(client, [tripoli, rome]),
      tripoli: {
        ...tripoli,
        investigator: await officer(tripoli, 'investigator'),
        colleague: await officer(tripoli, 'investigator'),
        prosecutor: await officer(tripoli, 'prosecutor'),
        approver: await officer(tripoli, 'approver'),
        auditor: await officer(tripoli, 'auditor'),
      },
      rome: {
        ...rome,
        investigator: await officer(rome, 'investigator'),
        prosecutor: await officer(rome, 'prosecutor'),
        approver: await officer(rome, 'approver'),
        auditor: await officer(rome, 'auditor'),
      },
      stranger: { ...stranger, investigator: await officer(stranger, 'investigator') },
    };
  } finally {
    await client.end();
  }
}

/** An agency that has published its keys. */
export async function seedAgency(client: Client, state: string, name: string, kind: string): Promise<TestAgency> {
  const signingKey = await newSigningKey();
  const identity = newIdentity();
  const keys: AgencyKeys = {
    agencyId: AgencyId.parse(randomUUID()),
    ...{ state, name, epoch: 1 },
    signingKey: publicJwkOf(signingKey),
    recipient: recipientOf(identity),
    recoveryRecipient: recipientOf(newIdentity()),
  };
  const statement = await signAgencyStatement({ schema: 'amana-agency/v1', ...keys }, await signerOf(signingKey));
  await client.query(
    `INSERT INTO amana.agency (id, state, name, kind, contact, statement, key_epoch) VALUES ($1, $2, $3, $4, 'duty desk', $5, 1)`,
    [keys.agencyId, state, name, kind, statement],
  );
  return { id: keys.agencyId, keys, signingKey, identity };
}

/** An officer of these roles whose keys their agency has certified. */
export async function seedOfficer(
  client: Client,
  issuer: string,
  agency: TestAgency,
  roles: OfficerRole[],
): Promise<TestOfficer> {
  const id = OfficerId.parse(randomUUID());
  const signingKey = await newSigningKey();
  const recipient = recipientOf(newIdentity());
  const certificate = await certifyOfficer(
    {
      schema: 'amana-officer/v1',
      officerId: id,
      agencyId: agency.id,
      name: `${roles.join(' ')} of ${agency.keys.name}`,
      roles,
      signingKey: publicJwkOf(signingKey),
      recipient,
      validFrom: VALID_FROM,
    },
    await signerOf(agency.signingKey),
  );
  await client.query(
    `INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles, key_state, signing_key, signing_kid, recipient, certificate)
     VALUES ($1, $2, $3, $10, $10 || '@example.org', $4, $5, 'certified', $6, $7, $8, $9)`,
    [
      id,
      agency.id,
      issuer,
      `${roles.join(' ')} of ${agency.keys.name}`,
      roles,
      publicJwkOf(signingKey),
      await thumbprintOf(publicJwkOf(signingKey)),
      recipient,
      certificate,
      id,
    ],
  );
  return { id, agency, subject: id, signingKey };
}

/** A team under an agreement that each of its agencies signed. */
export async function seedTeam(
  client: { query(sql: string, parameters: unknown[]): Promise<unknown> },
  [first, ...others]: readonly [TestAgency, ...TestAgency[]],
  purposes: readonly string[] = [AGREED_PURPOSE],
): Promise<TeamId> {
  const agreementId = AgreementId.parse(randomUUID());
  const teamId = TeamId.parse(randomUUID());
  const agencies = [first, ...others];
  const [validFrom, validUntil] = [Date.now() - 86_400_000, Date.now() + 365 * 86_400_000];
  const agreement: Agreement = {
    schema: 'amana-agreement/v1',
    ...{ agreementId, title: 'Joint investigation team', teamName: 'Operation Dune', purposes: [...purposes] },
    parties: agencies.map(({ keys }) => keys),
    clauses: [{ number: AGREED_CLAUSE, text: 'Evidence is shared where that is necessary and proportionate.' }],
    ...{ validFrom: new Date(validFrom).toISOString(), validUntil: new Date(validUntil).toISOString() },
  };
  let instrument = await signAgreement(agreement, await signerOf(first.signingKey));
  for (const { signingKey } of others) instrument = await countersignAgreement(instrument, await signerOf(signingKey));
  await client.query(
    `INSERT INTO amana.agreement (id, title, instrument, valid_from, valid_until) VALUES ($1, 'Joint investigation team', $2, $3, $4)`,
    [agreementId, JSON.stringify(instrument), agreement.validFrom, agreement.validUntil],
  );
  await client.query(`INSERT INTO amana.team (id, agreement_id, name) VALUES ($1, $2, 'Operation Dune')`, [
    teamId,
    agreementId,
  ]);
  for (const { id } of agencies)
    await client.query(`INSERT INTO amana.team_agency (team_id, agency_id) VALUES ($1, $2)`, [teamId, id]);
  return teamId;
}
