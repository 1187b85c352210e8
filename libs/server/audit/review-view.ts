import type { Page, PageQuery, ReviewView } from '#domain/contract';
import type { CustodyEvent } from '#domain/custody';
import type { AgencyId, CaseId, EventId, ExhibitId, OfficerId, ReviewId } from '#domain/evidence';
import { exhibitFacts } from '#server/authority';
import { readPage, type Transaction } from '#server/database';

export type ReviewRow = Omit<ReviewView, 'raisedAt' | 'dueAt' | 'escalatedAt'> & {
  raisedAt: Date;
  dueAt: Date;
  escalatedAt: Date | null;
};

const SELECT = `
  SELECT r.id, r.rule, r.because, r.event_id AS "eventId", r.event_kind AS "eventKind", r.exhibit_id AS "exhibitId", r.state,
    r.claimed_by AS "claimedBy", r.outcome, r.finding, r.raised_at AS "raisedAt", r.due_at AS "dueAt", r.escalated_at AS "escalatedAt",
    r.version FROM amana.review r`;
/** Overdue and still open: the top of the queue. */
const ON_TOP = `(r.escalated_at IS NOT NULL AND r.state IN ('queued', 'claimed'))`;

/** The review as this transaction may see it; null when it may not, or there is none. */
export async function reviewRow(tx: Transaction, id: ReviewId): Promise<ReviewRow | null> {
  const [row] = await tx.query<ReviewRow[]>(`${SELECT} WHERE r.id = $1`, [id]);
  return row ?? null;
}

/**
 * A page of the queue: what has escalated, the newest first, then all else, the newest first. A cursor says in which of the two it goes on.
 * @throws Problem 'malformed-request' for a cursor that is not ours
 */
export async function reviewPage(tx: Transaction, { limit, cursor }: PageQuery): Promise<Page<ReviewView>> {
  const [part, place = ''] = (cursor ?? 'top').split('.');
  const below = (items: readonly ReviewRow[], from: string | null) => pageBelow(tx, limit, items, from);
  if (part === 'rest') return below([], place);
  const top = await pageOf(tx, true, limit, part === 'top' ? place : (cursor ?? ''));
  if (top.next !== null) return { items: top.items.map(reviewView), next: `top.${top.next}` };
  return below(top.items, null);
}

/** Fills a page with what is below the top of the queue. */
async function pageBelow(
  tx: Transaction,
  limit: number,
  items: readonly ReviewRow[],
  from: string | null,
): Promise<Page<ReviewView>> {
  // One more than there is room for: a page that is full may have something below it.
  const room = limit - items.length;
  const rest = await pageOf(tx, false, Math.max(room, 1), from ?? '');
  const fits = room > 0;
  const next = fits ? rest.next : rest.items.length > 0 ? '' : null;
  return {
    items: [...items, ...(fits ? rest.items : [])].map(reviewView),
    next: next === null ? null : `rest.${next}`,
  };
}

function pageOf(tx: Transaction, onTop: boolean, limit: number, place: string): Promise<Page<ReviewRow>> {
  return readPage<ReviewRow>(
    tx,
    SELECT,
    { at: 'r.raised_at', id: 'r.id' },
    { limit, ...(place !== '' && { cursor: place }) },
    (row) => row.raisedAt,
    { [ON_TOP]: onTop },
  );
}

/** Who did what a review is about; null for what the platform did by itself, and for what was erased. */
export async function whoActed(tx: Transaction, eventId: EventId): Promise<OfficerId | null> {
  const [event] = await tx.query<{ body: Buffer | null }[]>(`SELECT body FROM amana.custody_event WHERE id = $1`, [
    eventId,
  ]);
  if (!event?.body) return null;
  const { actor } = JSON.parse(event.body.toString('utf8')) as CustodyEvent;
  return actor.kind === 'officer' ? actor.officerId : null;
}

/** The case of the exhibit that a review is about; null when it is about none, or none that may be seen. */
export async function placeOf(
  tx: Transaction,
  id: ReviewId,
): Promise<{ exhibitId: ExhibitId; caseId: CaseId; agencyId: AgencyId } | null> {
  const exhibitId = (await reviewRow(tx, id))?.exhibitId;
  return exhibitId ? exhibitFacts(tx, exhibitId) : null;
}

export function reviewView(row: ReviewRow): ReviewView {
  return {
    ...row,
    raisedAt: row.raisedAt.toISOString(),
    dueAt: row.dueAt.toISOString(),
    escalatedAt: row.escalatedAt?.toISOString() ?? null,
  };
}
