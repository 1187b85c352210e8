import { randomUUID } from 'node:crypto';
import { type ActingOfficer, decideProposal } from '#domain/authority';
import { Problem, type ProposeGrant } from '#domain/contract';
import type { GrantId } from '#domain/evidence';
import { agreementOfTeam, exhibitsFacts, refusal } from '#server/authority';
import type { Transaction } from '#server/database';

/**
 * Writes a proposed grant, once the agreement behind the team carries it.
 * @throws Problem 'not-found' for a team of others, 'malformed-request' for its times, 'forbidden' by the rule
 */
export async function insertGrant(tx: Transaction, actor: ActingOfficer, body: ProposeGrant): Promise<GrantId> {
  const now = new Date();
  const agreement = await agreementOfTeam(tx, body.teamId);
  if (!agreement) throw new Problem('not-found', 'there is no such team, or not for you');
  const validFrom = body.validFrom ? new Date(body.validFrom) : now;
  const expiresAt = new Date(body.expiresAt);
  if (expiresAt <= validFrom || expiresAt <= now)
    throw new Problem('malformed-request', 'a grant must expire after it begins, in the future');
  const clause = body.clause ?? null;
  const decision = decideProposal(
    {
      ...{ fromAgencyId: actor.agencyId, toAgencyId: body.toAgencyId, agreement, clause, expiresAt },
      necessity: body.necessity ?? null,
      ...{ purpose: body.purpose, namedPurpose: body.agreedPurpose ?? null },
      exhibits: await exhibitsFacts(tx, body.exhibitIds),
    },
    now,
  );
  if (!decision.allowed) throw refusal(decision);
  const grantId = randomUUID() as GrantId;
  await tx.query(
    `INSERT INTO amana.evidence_grant (id, from_agency_id, to_agency_id, team_id, agreement_id, proposed_by, purpose, agreed_purpose,
       legal_basis, clause, necessity, conditions, state, valid_from, expires_at)
     SELECT $1, $2, $3, t.id, t.agreement_id, $5, $6, $7, $8, $9, $10, $11, 'proposed', $12, $13 FROM amana.team t WHERE t.id = $4`,
    [
      ...[grantId, actor.agencyId, body.toAgencyId, body.teamId, actor.officerId, body.purpose, decision.agreedPurpose],
      ...[body.legalBasis, clause, body.necessity ?? null, body.conditions ?? null, validFrom, expiresAt],
    ],
  );
  await tx.query(
    `INSERT INTO amana.grant_exhibit (grant_id, exhibit_id, from_agency_id, to_agency_id) SELECT $1, x, $3, $4 FROM unnest($2::uuid[]) AS x`,
    [grantId, [...new Set(body.exhibitIds)], actor.agencyId, body.toAgencyId],
  );
  return grantId;
}
