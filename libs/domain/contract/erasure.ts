import { z } from 'zod';
import { EVENT_KINDS, LegalGround } from '#domain/custody';
import {
  AgencyId,
  Base64,
  ERASURE_STATES,
  ErasureId,
  EventId,
  ExhibitId,
  OfficerId,
  UtcInstant,
} from '#domain/evidence';

/** POST /v1/events/:id/erasure. What is said here stays for good: it never repeats what is to be erased. */
export const ProposeErasure = z.strictObject({ ground: LegalGround });
export type ProposeErasure = z.infer<typeof ProposeErasure>;

export const ErasureView = z.object({
  id: ErasureId,
  state: z.enum(ERASURE_STATES),
  eventId: EventId,
  eventKind: z.enum(EVENT_KINDS),
  exhibitId: ExhibitId.nullable(),
  agencyId: AgencyId,
  /** Index of the event in the log. */
  index: z.number().nullable(),
  commitment: Base64,
  ground: LegalGround,
  proposedBy: OfficerId,
  proposedAt: UtcInstant,
  /** Who approved, refused or withdrew it. */
  decidedBy: OfficerId.nullable(),
  decidedAt: UtcInstant.nullable(),
  /** Why it was refused. */
  refusal: z.string().nullable(),
  /** The event that says it was erased, and its index once it has one. */
  recordedAs: EventId.nullable(),
  recordedIndex: z.number().nullable(),
  /** Entity tag for If-Match. */
  version: z.number(),
});
export type ErasureView = z.infer<typeof ErasureView>;
