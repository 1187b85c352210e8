import type { ExhibitFacts, GrantFacts } from '#domain/authority';
import type { AgencyId, CaseId, ExhibitId, GrantId } from '#domain/evidence';
import type { Transaction } from '#server/database';

/** What `decide()` needs of an exhibit, and where its events go. */
export interface ExhibitInCase extends ExhibitFacts {
  readonly caseId: CaseId;
  readonly manifestSha256: string | null;
  readonly version: number;
}

/** The exhibit's facts as this transaction may see them; null when it may not, or there is none. */
export async function exhibitFacts(tx: Transaction, exhibitId: ExhibitId): Promise<ExhibitInCase | null> {
  const [row] = await tx.query<ExhibitInCase[]>(
    `SELECT e.id AS "exhibitId", e.case_id AS "caseId", e.agency_id AS "agencyId", a.state AS "agencyState", e.state, e.privileged,
       encode(e.manifest_sha256, 'hex') AS "manifestSha256", e.version
     FROM amana.exhibit e JOIN amana.agency a ON a.id = e.agency_id WHERE e.id = $1`,
    [exhibitId],
  );
  return row ?? null;
}

const GRANT_FACTS = `
  SELECT g.id AS "grantId", g.state, g.from_agency_id AS "fromAgencyId", g.to_agency_id AS "toAgencyId", g.proposed_by AS "proposedBy",
    g.purpose, g.legal_basis AS "legalBasis", g.valid_from AS "validFrom", g.expires_at AS "expiresAt", g.undertaking IS NOT NULL AS undertaken,
    ARRAY(SELECT x.exhibit_id::text FROM amana.grant_exhibit x WHERE x.grant_id = g.id) AS "exhibitIds",
    (SELECT jsonb_build_object('teamId', t.id, 'validFrom', r.valid_from, 'validUntil', r.valid_until, 'suspended', r.suspended,
       'parties', (SELECT jsonb_agg(m.agency_id) FROM amana.team_agency m WHERE m.team_id = t.id))
     FROM amana.agreement r JOIN amana.team t ON t.agreement_id = r.id WHERE t.id = g.team_id) AS agreement
  FROM amana.evidence_grant g`;

interface GrantRow extends Omit<GrantFacts, 'agreement'> {
  agreement: {
    teamId: string;
    parties: string[] | null;
    validFrom: string;
    validUntil: string;
    suspended: boolean;
  } | null;
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
export async function grantById(tx: Transaction, grantId: GrantId): Promise<GrantFacts | null> {
  const [row] = await tx.query<GrantRow[]>(`${GRANT_FACTS} WHERE g.id = $1`, [grantId]);
  return row ? grantFacts(row) : null;
}

function grantFacts({ agreement, ...row }: GrantRow): GrantFacts {
  return {
    ...row,
    agreement: agreement && {
      teamId: agreement.teamId as never,
      parties: (agreement.parties ?? []) as never,
      suspended: agreement.suspended,
      validFrom: new Date(agreement.validFrom),
      validUntil: new Date(agreement.validUntil),
    },
  };
}
