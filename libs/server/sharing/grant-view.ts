import type { GrantView, Page, PageQuery } from '#domain/contract';
import type { GrantId } from '#domain/evidence';
import { readPage } from '#server/database';
import type { Transaction } from '#server/database';

type GrantRow = Omit<GrantView, 'proposedAt' | 'validFrom' | 'expiresAt' | 'releasedAt'> & {
  releasedAt: Date | null;
  proposedAt: Date;
  validFrom: Date;
  expiresAt: Date;
};

const SELECT = `
  SELECT g.id, g.state, ARRAY(SELECT x.exhibit_id::text FROM amana.grant_exhibit x WHERE x.grant_id = g.id ORDER BY 1) AS "exhibitIds", g.team_id AS "teamId",
    g.from_agency_id AS "fromAgencyId", f.name AS "fromAgencyName", g.to_agency_id AS "toAgencyId", t.name AS "toAgencyName",
    g.proposed_by AS "proposedBy", g.approved_by AS "approvedBy", g.accepted_by AS "acceptedBy", g.purpose, g.agreed_purpose AS "agreedPurpose", g.legal_basis AS "legalBasis",
    g.clause, g.necessity, g.conditions,
    g.released_by AS "releasedBy", g.released_at AS "releasedAt", g.release_reason AS "releaseReason",
    g.released_by IS NULL AND amana.crosses_third_state(g.agreement_id, g.from_agency_id, g.to_agency_id) AS "awaitsRelease",
    g.undertaking, g.reason, g.proposed_at AS "proposedAt", g.valid_from AS "validFrom", g.expires_at AS "expiresAt", g.version
  FROM amana.evidence_grant g JOIN amana.agency f ON f.id = g.from_agency_id JOIN amana.agency t ON t.id = g.to_agency_id`;

/** One grant as its sides see it; null when this transaction may not, or there is none. */
export async function grantView(tx: Transaction, grantId: GrantId): Promise<GrantView | null> {
  const [row] = await tx.query<GrantRow[]>(`${SELECT} WHERE g.id = $1`, [grantId]);
  return row ? view(row) : null;
}

/** A page of grants, the newest first. */
export async function grantPage(tx: Transaction, query: PageQuery): Promise<Page<GrantView>> {
  const page = await readPage<GrantRow>(
    tx,
    SELECT,
    { at: 'g.proposed_at', id: 'g.id' },
    query,
    (row) => row.proposedAt,
  );
  return { items: page.items.map(view), next: page.next };
}

function view(row: GrantRow): GrantView {
  return {
    ...row,
    releasedAt: row.releasedAt?.toISOString() ?? null,
    proposedAt: row.proposedAt.toISOString(),
    validFrom: row.validFrom.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  };
}
