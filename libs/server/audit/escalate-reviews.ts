import { Injectable } from '@nestjs/common';
import type { CustodyEvent } from '#domain/custody';
import type { AgencyId, ReviewId } from '#domain/evidence';
import { Custody, type Entry } from '#server/custody';
import { Database } from '#server/database';

/** Reviews escalated in one transaction, at most. */
const BATCH = 50;

interface Overdue {
  readonly id: ReviewId;
  readonly body: Buffer | null;
  readonly holder: AgencyId | null;
}

/**
 * Marks reviews that nobody closed in time: from then on they stand on top of the queue, and the record says since when. Several workers may
 * run it at once: each review escalates once.
 */
@Injectable()
export class EscalateReviews {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  /** @returns how many escalated */
  run(): Promise<number> {
    return this.database.asPlatform(async (tx) => {
      const [rows] = await tx.query<[Overdue[], number]>(
        `UPDATE amana.review r SET escalated_at = now(), version = version + 1
         FROM (SELECT w.id, e.body, f.agency_id AS holder FROM amana.review w
             JOIN amana.custody_event e ON e.id = w.event_id LEFT JOIN amana.case_file f ON f.id = e.chain_id
           WHERE w.escalated_at IS NULL AND w.state IN ('queued', 'claimed') AND w.due_at <= now()
           ORDER BY w.due_at LIMIT $1 FOR UPDATE OF w SKIP LOCKED) AS overdue
         WHERE r.id = overdue.id RETURNING r.id, overdue.body, overdue.holder`,
        [BATCH],
      );
      const entries = rows.flatMap((row) => escalation(row) ?? []);
      if (entries.length > 0) await this.custody.append(tx, entries);
      return rows.length;
    });
  }
}

/** Stands where the event stands that the review is about; nowhere when that was erased. */
function escalation({ id, body, holder }: Overdue): Entry | null {
  if (!body) return null;
  const { chain, exhibitId, kind } = JSON.parse(body.toString('utf8')) as CustodyEvent;
  return {
    visibleTo: holder ? [holder] : [],
    statement: {
      kind: 'review-escalated',
      chain,
      ...(exhibitId && { exhibitId }),
      actor: { kind: 'platform', component: 'worker' },
      result: 'done',
      reviewId: id,
      reason: 'the review was not concluded in time',
      detail: { about: kind },
    },
  };
}
