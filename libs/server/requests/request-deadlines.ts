import type { RequestId } from '#domain/evidence';
import { type Deadlines, deadlinesOf, type Milestone, MILESTONES, type Reckoning } from '#domain/requests';
import type { Transaction } from '#server/database';
import type { RequestRow } from './request-rows.js';

/**
 * Writes what is due. A date that moves ends the one before it, which stays: if that was missed, it is told all the same.
 * @param milestones those to set; by default all
 */
export async function setDeadlines(
  tx: Transaction,
  requestId: RequestId,
  deadlines: Deadlines,
  now: Date,
  milestones: readonly Milestone[] = MILESTONES,
): Promise<void> {
  for (const milestone of milestones) {
    const { at, remindAt, source, binding } = deadlines[milestone];
    await tx.query(
      `UPDATE amana.request_deadline SET ended_at = coalesce(ended_at, $4), replaced = true
       WHERE request_id = $1 AND milestone = $2 AND NOT replaced AND due_at <> $3`,
      [requestId, milestone, at, now],
    );
    await tx.query(
      `INSERT INTO amana.request_deadline (request_id, milestone, due_at, remind_at, source, binding) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT DO NOTHING`,
      [requestId, milestone, at, remindAt, source, binding],
    );
  }
}

/** These are met, or matter no longer. */
export async function endDeadlines(
  tx: Transaction,
  requestId: RequestId,
  now: Date,
  milestones: readonly Milestone[] = MILESTONES,
): Promise<void> {
  await tx.query(
    `UPDATE amana.request_deadline SET ended_at = $2 WHERE request_id = $1 AND ended_at IS NULL AND milestone = ANY ($3)`,
    [requestId, now, milestones],
  );
}

/** What is due of a submitted request, from what is known of it. */
export function deadlinesAt(
  { instrument, urgency, submittedAt, form: { executeBy } }: RequestRow,
  moved: Pick<Reckoning, 'decidedAt' | 'postponedUntil'> = {},
): Deadlines {
  if (submittedAt === null) throw new Error('nothing is due of a draft');
  return deadlinesOf({
    ...{ instrument, urgency, submittedAt, executeBy: executeBy === undefined ? null : new Date(executeBy) },
    ...moved,
  });
}
