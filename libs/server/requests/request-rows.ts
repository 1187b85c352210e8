import type { RequestFacts } from '#domain/authority';
import { type Page, type PageQuery, type RequestFilter, RequestSummary, RequestView } from '#domain/contract';
import type { AgencyId, RequestId, RequestState, TeamId } from '#domain/evidence';
import type { RequestForm, Urgency } from '#domain/requests';
import { agreementOfTeam } from '#server/authority';
import { readPage, type Transaction } from '#server/database';

/** What a change of a request goes by. */
export interface RequestRow extends RequestFacts {
  readonly id: RequestId;
  readonly state: RequestState;
  readonly version: number;
  readonly urgency: Urgency;
  readonly form: RequestForm;
  readonly formSha256: string;
  readonly submittedAt: Date | null;
}

const FACTS = `
  SELECT r.id, r.state, r.version, r.instrument, r.urgency, r.form, encode(r.form_sha256, 'hex') AS "formSha256", r.from_agency_id AS "fromAgencyId",
    f.state AS "fromState", r.to_agency_id AS "toAgencyId", t.state AS "toState", r.team_id AS "teamId", r.submitted_at AS "submittedAt",
    EXISTS (SELECT FROM amana.request_clarification c WHERE c.request_id = r.id AND c.agency_id = r.to_agency_id) AS consulted
  FROM amana.evidence_request r JOIN amana.agency f ON f.id = r.from_agency_id JOIN amana.agency t ON t.id = r.to_agency_id`;

/** One request; null when this transaction may not see it, or there is none. */
export async function requestRow(tx: Transaction, id: RequestId): Promise<RequestRow | null> {
  const [row] = await tx.query<(Omit<RequestRow, 'submitted' | 'agreement'> & { teamId: TeamId | null })[]>(
    `${FACTS} WHERE r.id = $1`,
    [id],
  );
  if (!row) return null;
  const agreement = row.teamId === null ? null : await agreementOfTeam(tx, row.teamId);
  return { ...row, submitted: row.submittedAt !== null, agreement };
}

const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const SUMMARY = `
  q.id, q.state, q.instrument, q.urgency, q.reference, q.from_agency_id AS "fromAgencyId", f.name AS "fromAgencyName", q.to_agency_id AS "toAgencyId",
  t.name AS "toAgencyName", q.team_id AS "teamId", q.drafted_by AS "draftedBy", ${instant('q.drafted_at')} AS "draftedAt",
  ${instant('q.submitted_at')} AS "submittedAt", ${instant('q.acknowledged_at')} AS "acknowledgedAt", ${instant('q.answered_at')} AS "answeredAt",
  ${instant('q.fulfilled_at')} AS "fulfilledAt", ${instant('q.ended_at')} AS "endedAt", q.version,
  coalesce((SELECT jsonb_agg(jsonb_build_object('milestone', d.milestone, 'dueAt', ${instant('d.due_at')}, 'source', d.source, 'binding', d.binding,
      'endedAt', ${instant('d.ended_at')}, 'overdueAt', ${instant('d.overdue_at')}) ORDER BY d.due_at, d.milestone)
    FROM amana.request_deadline d WHERE d.request_id = q.id AND NOT d.replaced), '[]') AS deadlines`;
const WHOLE = `
  q.form, q.submitted_by AS "submittedBy", q.acknowledged_by AS "acknowledgedBy", q.answered_by AS "answeredBy", q.answer, q.withdrawal,
  coalesce((SELECT jsonb_agg(jsonb_build_object('agencyId', c.agency_id, 'officerId', c.officer_id, 'text', c.text,
      'writtenAt', ${instant('c.written_at')}) ORDER BY c.position)
    FROM amana.request_clarification c WHERE c.request_id = q.id), '[]') AS clarifications,
  coalesce((SELECT jsonb_agg(jsonb_build_object('grantId', g.grant_id, 'exhibitIds', (SELECT coalesce(jsonb_agg(x.exhibit_id ORDER BY x.exhibit_id), '[]')
      FROM amana.grant_exhibit x WHERE x.grant_id = g.grant_id)) ORDER BY g.grant_id)
    FROM amana.request_grant g WHERE g.request_id = q.id), '[]') AS grants`;
const FROM = `FROM amana.evidence_request q JOIN amana.agency f ON f.id = q.from_agency_id JOIN amana.agency t ON t.id = q.to_agency_id`;

/** One request as its sides see it; null when this transaction may not, or there is none. */
export async function requestView(tx: Transaction, id: RequestId): Promise<RequestView | null> {
  const [row] = await tx.query<unknown[]>(`SELECT ${SUMMARY}, ${WHOLE} ${FROM} WHERE q.id = $1`, [id]);
  return row === undefined ? null : RequestView.parse(row);
}

/** What is still due of a request, before an instant. */
const OPEN_BEFORE = `EXISTS (SELECT FROM amana.request_deadline o
  WHERE o.request_id = q.id AND NOT o.replaced AND o.ended_at IS NULL AND o.due_at < ?)`;

/** A page of requests, those drafted last first. @param isOverseer to whom drafts are not shown */
export async function requestPage(
  tx: Transaction,
  agencyId: AgencyId,
  { limit, cursor, state, direction, dueBefore }: PageQuery & RequestFilter,
  isOverseer: boolean,
): Promise<Page<RequestSummary>> {
  const page = await readPage<{ id: string; draftedAt: string }>(
    tx,
    `SELECT ${SUMMARY} ${FROM}`,
    { at: 'q.drafted_at', id: 'q.id' },
    { limit, ...(cursor !== undefined && { cursor }) },
    (row) => new Date(row.draftedAt),
    {
      ...(state !== undefined && { 'q.state': state }),
      ...(direction === 'made' && { 'q.from_agency_id': agencyId }),
      ...(direction === 'received' && { 'q.to_agency_id': agencyId }),
      ...(dueBefore !== undefined && { [OPEN_BEFORE]: dueBefore }),
      ...(isOverseer && { '(q.submitted_at IS NOT NULL)': true }),
    },
  );
  return { items: page.items.map((row) => RequestSummary.parse(row)), next: page.next };
}
