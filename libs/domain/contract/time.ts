import { z } from 'zod';
import { Base64, ExhibitId, UtcInstant } from '#domain/evidence';

/** A timestamp as it is kept: verified in full before it was. */
export const TimestampView = z.object({
  /** RFC 3161 token, DER. */
  token: Base64,
  /** RFC 4998 evidence record, DER, once the timestamp was renewed: it begins with the token. */
  evidenceRecord: Base64.nullable(),
  genTime: UtcInstant,
  /** Subject of the certificate that signed, RFC 4514. */
  tsa: z.string(),
});
export type TimestampView = z.infer<typeof TimestampView>;

/** What every token leads to, as this platform pins it: root certificates in PEM; null where no authority is set up. A claim to its readers. */
const Roots = z.object({ roots: z.string().nullable() });

/** GET /v1/exhibits/:id/timestamps: over the manifest's payload; null while it waits. */
export const ExhibitTimestampsView = Roots.extend({ exhibitId: ExhibitId, manifest: TimestampView.nullable() });
export type ExhibitTimestampsView = z.infer<typeof ExhibitTimestampsView>;

/** GET /log/timestamps/:size, public: the first stamped head over at least so many entries. */
export const StampedHeadView = Roots.extend({
  size: z.int().min(0),
  /** The signed note that was stamped, whole: the token is over its exact bytes in UTF-8. */
  note: z.string(),
  timestamp: TimestampView,
});
export type StampedHeadView = z.infer<typeof StampedHeadView>;

/** How many entries a head is asked to cover at least. */
export const LogSize = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
