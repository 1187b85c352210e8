import { z } from 'zod';
import { Base64, EventId, ExhibitId } from '#domain/evidence';
import { CustodyEvent } from '#domain/custody';

/** GET /v1/events?exhibitId=…: an event for those entitled to its salt and body. */
export const EventView = z.object({
  id: EventId,
  /** Index in the log; null while it waits for the sequencer (at most about a second). */
  index: z.number().nullable(),
  salt: Base64,
  /** The exact bytes, base64. */
  body: Base64,
  event: CustodyEvent,
});
export type EventView = z.infer<typeof EventView>;

export const EventsQuery = z.strictObject({
  exhibitId: ExhibitId.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().max(200).optional(),
});
export type EventsQuery = z.infer<typeof EventsQuery>;
// GET /v1/events/:id/proof → text/plain, c2sp.org/tlog-proof@v1
// GET /log/checkpoint, /log/tile/…, /log/tile/entries/… as C2SP tlog-tiles says
