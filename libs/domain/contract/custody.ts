import { z } from 'zod';
import { AgencyId, Base64, EventId, ExhibitId, UtcInstant } from '#domain/evidence';
import { CustodyEvent, LegalGround, OFFICER_ROLES } from '#domain/custody';

/**
 * How well the log proves an event: `pending` while no published head covers it, `in-tree` once one does, `witnessed` once the platform's
 * own quorum of witnesses cosigned one that does. The platform's claim: who verifies goes by a quorum of their own.
 */
export const ProofStanding = z.object({
  state: z.enum(['pending', 'in-tree', 'witnessed']),
  /** Names of the platform's witnesses whose cosigned head covers it. */
  witnesses: z.array(z.string()),
});
export type ProofStanding = z.infer<typeof ProofStanding>;

/** GET /v1/events?exhibitId=…: an event for those entitled to its salt and body. */
export const EventView = z.object({
  id: EventId,
  /** Index in the log; null while it waits for the sequencer (at most about a second). */
  index: z.number().nullable(),
  proof: ProofStanding,
  salt: Base64,
  /** The exact bytes, base64. */
  body: Base64,
  event: CustodyEvent,
});
export type EventView = z.infer<typeof EventView>;

/** By what, by whom and by which event salt and body of another were destroyed. */
export const ErasedBy = z.object({
  ground: LegalGround,
  /** The event that says so, and its index; null while it waits for the sequencer. */
  eventId: EventId,
  index: z.number().nullable(),
  at: UtcInstant,
  agencyId: AgencyId,
  role: z.enum(OFFICER_ROLES),
});
export type ErasedBy = z.infer<typeof ErasedBy>;

/** An event whose salt and body are gone: its commitment is what the log still holds. */
export const ErasedEventView = z.object({
  id: EventId,
  index: z.number().nullable(),
  proof: ProofStanding,
  commitment: Base64,
  /** Null when nothing on the record says that it was erased: then somebody destroyed it without right. */
  erased: ErasedBy.nullable(),
});
export type ErasedEventView = z.infer<typeof ErasedEventView>;

/** What a list of events has. */
export const RecordedEventView = z.union([EventView, ErasedEventView]);
export type RecordedEventView = z.infer<typeof RecordedEventView>;

export const EventsQuery = z.strictObject({
  exhibitId: ExhibitId.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(200).optional(),
});
export type EventsQuery = z.infer<typeof EventsQuery>;
// GET /v1/events/:id/proof → text/plain, c2sp.org/tlog-proof@v1
// GET /log/checkpoint, /log/tile/…, /log/tile/entries/… as C2SP tlog-tiles says
