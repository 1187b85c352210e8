import { randomUUID } from 'node:crypto';
import { GrantId, type GrantState } from '#domain/evidence';
import type { TestWorld } from './api.js';
import { AGREED_PURPOSE, type TestAgency } from './directory.js';
import { type SampleExhibit, wrapFileKey } from './sample-exhibit.js';

/** Gives a recipient of the team an exhibit, its keys wrapped to them, the grant in the state wanted. */
export async function grantTo(
  { query, directory }: TestWorld,
  exhibit: SampleExhibit,
  to: TestAgency,
  state: GrantState = 'active',
): Promise<GrantId> {
  const { tripoli, teamId } = directory;
  const id = GrantId.parse(randomUUID());
  await query(
    `INSERT INTO amana.evidence_grant (id, from_agency_id, to_agency_id, team_id, agreement_id, proposed_by, approved_by, purpose, agreed_purpose, legal_basis,
       undertaking, state, valid_from, expires_at)
     SELECT $1, $2, $3, t.id, t.agreement_id, $5, $6, 'trial', $8, 'Art. 19', 'undertaken', $7, now() - interval '1 minute', now() + interval '1 day'
     FROM amana.team t WHERE t.id = $4`,
    [id, tripoli.id, to.id, teamId, tripoli.investigator.id, tripoli.approver.id, state, AGREED_PURPOSE],
  );
  await query(
    `INSERT INTO amana.grant_exhibit (grant_id, exhibit_id, from_agency_id, to_agency_id) VALUES ($1, $2, $3, $4)`,
    [id, exhibit.id, tripoli.id, to.id],
  );
  for (const file of exhibit.files)
    await query(`INSERT INTO amana.file_key (file_id, agency_id, grant_id, header) VALUES ($1, $2, $3, $4)`, [
      file.id,
      to.id,
      id,
      Buffer.from(wrapFileKey(file, to.keys.recipient)),
    ]);
  return id;
}
