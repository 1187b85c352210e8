import { z } from 'zod';
import { EventId, ExhibitId, OfficerId, REVIEW_STATES, ReviewId, UtcInstant } from '#domain/evidence';
import { EVENT_KINDS } from '#domain/custody';

export const REVIEW_RULES = [
  'first-share-to-state',
  'bulk-fetch',
  'refused-access',
  'failed-check',
  'overdue-request',
  'out-of-hours',
  'own-case-administrator',
  'log-keepers-changed',
] as const;
export type ReviewRule = (typeof REVIEW_RULES)[number];

export const ReviewView = z.object({
  id: ReviewId,
  rule: z.enum(REVIEW_RULES),
  because: z.string(),
  eventId: EventId,
  eventKind: z.enum(EVENT_KINDS),
  exhibitId: ExhibitId.nullable(),
  state: z.enum(REVIEW_STATES),
  claimedBy: OfficerId.nullable(),
  outcome: z.enum(['dismissed', 'finding']).nullable(),
  finding: z.string().nullable(),
  raisedAt: UtcInstant,
  dueAt: UtcInstant,
  /** When it was found overdue; from then on it stands on top of the queue until it is closed. */
  escalatedAt: UtcInstant.nullable(),
  /** Entity tag for If-Match. */
  version: z.number(),
});
export type ReviewView = z.infer<typeof ReviewView>;

/** POST /v1/reviews/:id/findings */
export const RecordFinding = z.strictObject({
  outcome: z.enum(['dismissed', 'finding']),
  text: z.string().min(3).max(8000),
});
export type RecordFinding = z.infer<typeof RecordFinding>;
