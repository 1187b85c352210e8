import type { AgreementFacts, ExhibitFacts, GrantFacts } from '#domain/authority';
import type { AgencyId, CaseId, ExhibitId, GrantId, TeamId } from '#domain/evidence';
import type { Transaction } from '#server/database';

/** What `decide()` needs of an exhibit, and where its events go. */
export interface ExhibitInCase extends ExhibitFacts {
  readonly caseId: CaseId;
  readonly manifestSha256: string | null;
  readonly version: number;
}

/** The exhibit's facts as this transaction may see them; null when it may not, or there is none. */
export async function exhibitFacts(tx: Transaction, exhibitId: ExhibitId): Promise<ExhibitInCase | null> {
  const [row] = await exhibitsFacts(tx, [exhibitId]);
  return row ?? null;
}

/** The facts of those of several exhibits that this transaction may see, in no order. */
export function exhibitsFacts(tx: Transaction, exhibitIds: readonly ExhibitId[]): Promise<ExhibitInCase[]> {
  return tx.query<ExhibitInCase[]>(
    `SELECT e.id AS "exhibitId", e.case_id AS "caseId", e.agency_id AS "agencyId", a.state AS "agencyState", e.state, e.privileged,
       coalesce(e.team_id, c.team_id) AS "teamId", encode(e.manifest_sha256, 'hex') AS "manifestSha256", e.version
     FROM amana.exhibit e JOIN amana.agency a ON a.id = e.agency_id LEFT JOIN amana.case_file c ON c.id = e.case_id WHERE e.id = ANY ($1)`,
    [exhibitIds],
  );
}

const partiesWhose = (stance: string) =>
  `(SELECT coalesce(jsonb_agg(s.agency_id), '[]') FROM amana.agreement_stance s WHERE s.agreement_id = r.id AND s.stance = ${stance})`;
const AGREEMENT = `jsonb_build_object('teamId', t.id, 'validFrom', r.valid_from, 'validUntil', r.valid_until, 'suspended', r.suspended,
    'suspendedBy', ${partiesWhose(`'suspended'`)}, 'endedFor', ${partiesWhose(`'ended'`)}, 'thirdStateParties', (SELECT coalesce(jsonb_agg(m.agency_id), '[]')
      FROM amana.team_agency m JOIN amana.agency a ON a.id = m.agency_id WHERE m.team_id = t.id AND a.state = ANY (r.third_states)),
    'purposes', r.purposes, 'clauses', r.clauses, 'parties', (SELECT jsonb_agg(m.agency_id) FROM amana.team_agency m WHERE m.team_id = t.id))
  AS agreement FROM amana.agreement r JOIN amana.team t ON t.agreement_id = r.id`;

const GRANT_FACTS = `
  SELECT g.id AS "grantId", g.state, g.from_agency_id AS "fromAgencyId", g.to_agency_id AS "toAgencyId", g.proposed_by AS "proposedBy",
    g.approved_by AS "approvedBy", g.purpose, g.agreed_purpose AS "agreedPurpose", g.legal_basis AS "legalBasis", g.clause, g.version, g.valid_from AS "validFrom", g.expires_at AS "expiresAt", g.undertaking IS NOT NULL AS undertaken,
    g.necessity, g.released_by AS "releasedBy",
    ARRAY(SELECT x.exhibit_id::text FROM amana.grant_exhibit x WHERE x.grant_id = g.id) AS "exhibitIds",
    (SELECT ${AGREEMENT} WHERE t.id = g.team_id) AS agreement
  FROM amana.evidence_grant g`;

interface AgreementRow extends Omit<AgreementFacts, 'parties' | 'validFrom' | 'validUntil'> {
  parties: AgencyId[] | null;
  validFrom: string;
  validUntil: string;
}

/** A grant with the version that a change of it rests on. */
export interface VersionedGrant extends GrantFacts {
  readonly version: number;
}

interface GrantRow extends Omit<VersionedGrant, 'agreement'> {
  agreement: AgreementRow | null;
}

/** Grants that reach an exhibit for an agency, with the agreement each rests on. */
export async function grantsReaching(tx: Transaction, exhibitId: ExhibitId, agencyId: AgencyId): Promise<GrantFacts[]> {
  const rows = await tx.query<GrantRow[]>(
    `${GRANT_FACTS} WHERE g.to_agency_id = $2 AND EXISTS (SELECT FROM amana.grant_exhibit l WHERE l.grant_id = g.id AND l.exhibit_id = $1)
     ORDER BY g.state IN ('active', 'accepted') DESC, g.proposed_at DESC LIMIT 100`,
    [exhibitId, agencyId],
  );
  return rows.map(grantFacts);
}

/** Grants that reach any of several exhibits for an agency: which of them each one is for, it says itself. */
export async function grantsReachingAny(
  tx: Transaction,
  exhibitIds: readonly ExhibitId[],
  agencyId: AgencyId,
): Promise<GrantFacts[]> {
  const rows = await tx.query<GrantRow[]>(
    `${GRANT_FACTS} WHERE g.to_agency_id = $2 AND EXISTS (SELECT FROM amana.grant_exhibit l WHERE l.grant_id = g.id AND l.exhibit_id = ANY ($1))`,
    [exhibitIds, agencyId],
  );
  return rows.map(grantFacts);
}

/** One grant; null when this transaction may not see it, or there is none. */
export async function grantById(tx: Transaction, grantId: GrantId): Promise<VersionedGrant | null> {
  const [row] = await tx.query<GrantRow[]>(`${GRANT_FACTS} WHERE g.id = $1`, [grantId]);
  return row ? grantFacts(row) : null;
}

/** The agreement behind a team; null when this transaction may not see it, or there is none. */
export async function agreementOfTeam(tx: Transaction, teamId: TeamId): Promise<AgreementFacts | null> {
  const [row] = await tx.query<{ agreement: AgreementRow }[]>(`SELECT ${AGREEMENT} WHERE t.id = $1`, [teamId]);
  return row ? agreementFacts(row.agreement) : null;
}

function grantFacts({ agreement, ...row }: GrantRow): VersionedGrant {
  return { ...row, agreement: agreement && agreementFacts(agreement) };
}

function agreementFacts({ parties, validFrom, validUntil, ...row }: AgreementRow): AgreementFacts {
  return { ...row, parties: parties ?? [], validFrom: new Date(validFrom), validUntil: new Date(validUntil) };
}
