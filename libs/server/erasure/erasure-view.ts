import type { ErasureView, Page, PageQuery } from '#domain/contract';
import type { ErasureId } from '#domain/evidence';
import { readPage, type Transaction } from '#server/database';

interface ErasureRow extends Omit<
  ErasureView,
  'ground' | 'commitment' | 'index' | 'recordedIndex' | 'proposedAt' | 'decidedAt'
> {
  readonly instrument: string;
  readonly number: string;
  readonly reason: string;
  readonly commitment: Buffer;
  readonly index: string | null;
  readonly recordedIndex: string | null;
  readonly proposedAt: Date;
  readonly decidedAt: Date | null;
}

const SELECT = `
  SELECT x.id, x.state, x.event_id AS "eventId", e.kind AS "eventKind", e.exhibit_id AS "exhibitId", x.agency_id AS "agencyId", l.log_index AS index,
    e.commitment, x.instrument, x.number, x.reason, x.proposed_by AS "proposedBy", x.proposed_at AS "proposedAt", x.decided_by AS "decidedBy",
    x.decided_at AS "decidedAt", x.refusal, x.recorded_as AS "recordedAs", r.log_index AS "recordedIndex", x.version
  FROM amana.erasure x JOIN amana.custody_event e ON e.id = x.event_id LEFT JOIN amana.log_entry l ON l.event_id = x.event_id
    LEFT JOIN amana.log_entry r ON r.event_id = x.recorded_as`;

/** One proposal as its agency sees it; null when this transaction may not, or there is none. */
export async function erasureView(tx: Transaction, id: ErasureId): Promise<ErasureView | null> {
  const [row] = await tx.query<ErasureRow[]>(`${SELECT} WHERE x.id = $1`, [id]);
  return row ? view(row) : null;
}

/** A page of proposals, the newest first. */
export async function erasurePage(tx: Transaction, query: PageQuery): Promise<Page<ErasureView>> {
  const keys = { at: 'x.proposed_at', id: 'x.id' };
  const page = await readPage<ErasureRow>(tx, SELECT, keys, query, (row) => row.proposedAt);
  return { items: page.items.map(view), next: page.next };
}

function view({ instrument, number, reason, ...row }: ErasureRow): ErasureView {
  return {
    ...row,
    ground: { instrument, number, reason },
    commitment: row.commitment.toString('base64'),
    index: row.index === null ? null : Number(row.index),
    recordedIndex: row.recordedIndex === null ? null : Number(row.recordedIndex),
    proposedAt: row.proposedAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
  };
}
