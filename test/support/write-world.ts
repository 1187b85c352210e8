import type { Client } from 'pg';
import type { ActingOfficer, ExhibitFacts, GrantFacts } from '#domain/authority';
import type { RandomAgreement, RandomWorld } from './random-world.js';

type Row = Readonly<Record<string, unknown>>;

const TABLES = [
  ...['file_key', 'retrieval', 'grant_exhibit', 'evidence_grant', 'evidence_file', 'exhibit', 'case_file'],
  ...['agreement_stance', 'team_agency', 'team', 'agreement', 'officer', 'agency'],
];
const NOTHING = '\\x00';

/** Puts a world in the place of the one before, past triggers and foreign keys. @param client a superuser's */
export async function writeWorld(client: Client, world: RandomWorld): Promise<void> {
  await client.query(`SET session_replication_role = replica`);
  for (const table of TABLES) await client.query(`DELETE FROM amana.${table}`);
  for (const [table, rows] of Object.entries(rowsOf(world))) await insert(client, table, rows);
  await client.query(`SET session_replication_role = origin`);
}

async function insert(client: Client, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {}).join(', ');
  if (columns === '') return;
  await client.query(
    `INSERT INTO amana.${table} (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::amana.${table}, $1)`,
    [JSON.stringify(rows)],
  );
}

function rowsOf(world: RandomWorld): Readonly<Record<string, readonly Row[]>> {
  const { now, agencies, officers, agreements, exhibits, grants } = world;
  return {
    agency: agencies.map(({ id, state }) => ({
      ...{ id, state, name: id, kind: 'court', contact: 'c', key_epoch: 1, created_at: now },
    })),
    officer: officers.map((officer) => officerRow(world, officer)),
    agreement: agreements.map((agreement) => agreementRow(world, agreement)),
    team: agreements.map(({ id, teamId }) => ({ id: teamId, agreement_id: id, name: 't', created_at: now })),
    team_agency: agreements.flatMap(({ teamId, parties }) =>
      parties.map((agency_id) => ({ team_id: teamId, agency_id })),
    ),
    agreement_stance: agreements.flatMap((agreement) => stanceRows(world, agreement)),
    case_file: exhibits.map((exhibit) => caseRow(world, exhibit)),
    exhibit: exhibits.map((exhibit) => exhibitRow(world, exhibit)),
    evidence_file: exhibits.map(({ exhibitId: id, agencyId }) => ({
      ...{ id, exhibit_id: id, agency_id: agencyId, position: 0, name: 'n', media_type: 'm', size_bytes: 1 },
      ...{ sealed_size_bytes: 1, state: 'stored' },
    })),
    evidence_grant: grants.map((grant) => grantRow(world, grant)),
    grant_exhibit: grants.flatMap(({ grantId: grant_id, exhibitIds, fromAgencyId, toAgencyId }) =>
      exhibitIds.map((exhibit_id) => ({
        ...{ grant_id, exhibit_id, from_agency_id: fromAgencyId, to_agency_id: toAgencyId },
      })),
    ),
    file_key: grants.flatMap(({ grantId: grant_id, exhibitIds, toAgencyId: agency_id }) =>
      exhibitIds.map((file_id) => ({ file_id, agency_id, grant_id, header: NOTHING })),
    ),
  };
}

/** As an agreement's instrument or an officer's certificate lies in the database: what is signed, and no signature. */
const jwsOf = (said: unknown) => ({ payload: Buffer.from(JSON.stringify(said)).toString('base64url') });

function officerRow({ certificates, now }: RandomWorld, officer: ActingOfficer): Row {
  const { officerId: id, agencyId, roles, filterTeam } = officer;
  const { keyState, ...times } = certificates.get(id) ?? { keyState: 'none' };
  return {
    ...{ id, agency_id: agencyId, issuer: 'i', subject: id, email: id, name: 'n', roles, key_state: keyState },
    ...{ certificate: jwsOf(times), filter_team: filterTeam, created_at: now },
  };
}

function agreementRow({ now }: RandomWorld, agreement: RandomAgreement): Row {
  const { id, purposes, clauses, thirdStates, validFrom, validUntil, suspended } = agreement;
  const instrument = jwsOf({ purposes, thirdStates, clauses: clauses.map((number) => ({ number })) });
  return {
    ...{ id, title: 't', instrument, suspended },
    ...{ valid_from: validFrom, valid_until: validUntil, created_at: now },
  };
}

/** A party that stands to it may have said so, or nothing. */
function stanceRows({ now }: RandomWorld, { id, parties, suspendedBy, endedFor }: RandomAgreement): Row[] {
  return parties.flatMap((agency_id, at) => {
    const away = suspendedBy.includes(agency_id) ? 'suspended' : endedFor.includes(agency_id) ? 'ended' : null;
    if (away === null && at % 2 === 0) return [];
    const said = { reason: 'r', statement: {}, statement_sha256: NOTHING, since: now };
    return [{ agreement_id: id, agency_id, stance: away ?? 'standing', ...said }];
  });
}

function caseRow({ teamOfCase, officers, now }: RandomWorld, { exhibitId: id, agencyId }: ExhibitFacts): Row {
  const team_id = teamOfCase.get(id) ?? null;
  return {
    ...{ id, agency_id: agencyId, number: id, team_id, closed: false },
    ...{ opened_by: officers[0]?.officerId, opened_at: now },
  };
}

/** Its team is said by itself, or by its case. */
function exhibitRow({ teamOfCase, officers, now }: RandomWorld, exhibit: ExhibitFacts): Row {
  const { exhibitId: id, agencyId, state, privileged, teamId } = exhibit;
  return {
    ...{ id, case_id: id, agency_id: agencyId, officer_id: officers[0]?.officerId, number: id, state, privileged },
    ...{ team_id: teamOfCase.get(id) ? null : teamId, facts: {}, registration_sha256: NOTHING },
    ...{ file_count: 1, sealed_size_bytes: 1, registered_at: now, version: 1 },
  };
}

function grantRow({ now }: RandomWorld, grant: GrantFacts): Row {
  const agreement = grant.agreement as RandomAgreement;
  const released = grant.releasedBy !== null;
  return {
    ...{ id: grant.grantId, from_agency_id: grant.fromAgencyId, to_agency_id: grant.toAgencyId },
    ...{ team_id: agreement.teamId, agreement_id: agreement.id, proposed_by: grant.proposedBy },
    ...{ approved_by: grant.approvedBy, purpose: grant.purpose, agreed_purpose: grant.agreedPurpose },
    ...{ legal_basis: 'b', clause: grant.clause, undertaking: grant.undertaken ? 'u' : null, state: grant.state },
    ...{ proposed_at: now, valid_from: grant.validFrom, expires_at: grant.expiresAt, version: 1 },
    ...{ released_by: grant.releasedBy, released_at: released ? now : null, release_reason: released ? 'r' : null },
  };
}
