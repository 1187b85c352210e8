import { agreementStateAt } from '#domain/authority';
import type { AgreementDetail, AgreementText, Page, PageQuery, PartyStance } from '#domain/contract';
import type { AgencyId, AgreementId, TeamId } from '#domain/evidence';
import type { Transaction } from '#server/database';
import { keysetPage, type RunQuery } from './keyset-page.js';

/** A signature as it is kept, with whose it is. */
export interface KeptSignature {
  readonly agencyId: AgencyId;
  readonly protected: string;
  readonly signature: string;
}

interface TextRow extends Omit<AgreementText, 'signatures' | 'signedBy' | 'missing'> {
  readonly parties: AgencyId[];
  readonly signatures: KeptSignature[];
}

interface AgreementRow {
  readonly id: AgreementId;
  readonly title: string;
  readonly validFrom: Date;
  readonly validUntil: Date;
  readonly instrument: unknown;
  readonly payloadSha256: string | null;
  readonly suspended: boolean;
  readonly teamId: TeamId | null;
  readonly parties: AgencyId[];
  readonly stances: PartyStance[];
  readonly draft: TextRow | null;
}

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
const instant = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', ${INSTANT})`;

const TEXT = `jsonb_build_object('revision', x.revision, 'payload', translate(encode(x.payload, 'base64'), E'\\n', ''),
  'payloadSha256', encode(sha256(x.payload), 'hex'), 'predecessor', encode(x.predecessor, 'hex'), 'signatures', x.signatures, 'parties', x.parties,
  'draftedBy', x.drafted_by, 'draftedFor', x.agency_id, 'draftedAt', ${instant('x.drafted_at')}, 'completedAt', ${instant('x.completed_at')})`;

const SELECT = `SELECT * FROM (
  SELECT r.id, r.title, r.valid_from AS "validFrom", r.valid_until AS "validUntil", r.instrument, encode(r.payload_sha256, 'hex') AS "payloadSha256",
    r.suspended, t.id AS "teamId", ARRAY(SELECT m.agency_id::text FROM amana.team_agency m WHERE m.team_id = t.id ORDER BY 1) AS parties,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('agencyId', s.agency_id, 'stance', s.stance, 'reason', s.reason, 'since', ${instant('s.since')},
       'word', s.statement, 'wordSha256', encode(s.statement_sha256, 'hex'))), '[]') FROM amana.agreement_stance s WHERE s.agreement_id = r.id) AS stances,
    (SELECT ${TEXT} FROM amana.agreement_text x WHERE x.agreement_id = r.id AND x.completed_at IS NULL AND x.revision = amana.last_revision(r.id)) AS draft
  FROM amana.agreement r JOIN amana.team t ON t.agreement_id = r.id
  UNION ALL
  SELECT x.agreement_id, said ->> 'title', (said ->> 'validFrom')::timestamptz, (said ->> 'validUntil')::timestamptz, NULL, NULL, false, NULL,
    x.parties::text[], '[]', ${TEXT}
  FROM amana.agreement_text x CROSS JOIN LATERAL (SELECT convert_from(x.payload, 'UTF8')::jsonb AS said) AS read
  WHERE x.completed_at IS NULL AND x.revision = amana.last_revision(x.agreement_id)
    AND NOT EXISTS (SELECT FROM amana.agreement r WHERE r.id = x.agreement_id)
) AS agreement`;

/** One agreement as a party sees it; null when this transaction may not, or there is none. */
export async function agreementDetail(tx: Transaction, id: AgreementId): Promise<AgreementDetail | null> {
  const [row] = await tx.query<AgreementRow[]>(`${SELECT} WHERE id = $1`, [id]);
  return row ? viewOf(row, new Date()) : null;
}

/** A page of agreements, by title. */
export async function agreementPage(tx: Transaction, query: PageQuery): Promise<Page<AgreementDetail>> {
  const run: RunQuery = <Row>(sql: string, parameters: readonly unknown[]) => tx.query<Row[]>(sql, [...parameters]);
  const keyset = { select: SELECT, keys: ['title', 'id'], casts: { id: 'uuid' } } as const;
  const page = await keysetPage<AgreementRow>(run, keyset, query);
  const now = new Date();
  return { ...page, items: page.items.map((row) => viewOf(row, now)) };
}

/** The signatures on the text on the table, with whose each is. */
export async function keptSignatures(tx: Transaction, id: AgreementId, revision: number): Promise<KeptSignature[]> {
  const [row] = await tx.query<{ signatures: KeptSignature[] }[]>(
    `SELECT signatures FROM amana.agreement_text WHERE agreement_id = $1 AND revision = $2`,
    [id, revision],
  );
  return row?.signatures ?? [];
}

function viewOf({ suspended, stances, parties, draft, ...row }: AgreementRow, now: Date): AgreementDetail {
  const whose = (stance: PartyStance['stance']) =>
    stances.filter((one) => one.stance === stance).map(({ agencyId }) => agencyId);
  const signedBy = row.instrument === null ? (draft?.signatures.map(({ agencyId }) => agencyId) ?? []) : parties;
  const { validFrom, validUntil } = row;
  const standing = { suspended, suspendedBy: whose('suspended'), endedFor: whose('ended') };
  return {
    ...row,
    validFrom: validFrom.toISOString(),
    validUntil: validUntil.toISOString(),
    state: agreementStateAt({ parties, signedBy, validFrom, validUntil, ...standing }, now),
    parties: parties.map((agencyId) => stances.find((one) => one.agencyId === agencyId) ?? standsTo(agencyId)),
    draft: draft && textOf(draft),
  };
}

function standsTo(agencyId: AgencyId): PartyStance {
  return { agencyId, stance: 'standing', reason: null, since: null, word: null, wordSha256: null };
}

function textOf({ parties, signatures, ...text }: TextRow): AgreementText {
  const signedBy = signatures.map(({ agencyId }) => agencyId);
  return {
    ...text,
    signatures: signatures.map((one) => ({ protected: one.protected, signature: one.signature })),
    signedBy,
    missing: parties.filter((agencyId) => !signedBy.includes(agencyId)),
  };
}
