import { z } from 'zod';
import { ExhibitId, FileId, RetrievalId, UtcInstant } from '#domain/evidence';

/** POST /v1/exhibits/:id/retrievals: states the purpose; the answer comes after the event is durable. */
export const BeginRetrieval = z.strictObject({
  /** What for, in the officer's words. */
  purpose: z.string().min(3).max(2000),
  /** Which of the agreement's purposes that is within; none said is the grant's own, any other is refused. */
  agreedPurpose: z.string().min(1).max(500).optional(),
  /** `package` when the bytes are to leave in a court package: an export, an act and event of its own. */
  for: z.enum(['examination', 'package']).default('examination'),
});
export type BeginRetrieval = z.infer<typeof BeginRetrieval>;

export const RetrievalView = z.object({
  id: RetrievalId,
  exhibitId: ExhibitId,
  purpose: z.string(),
  expiresAt: UtcInstant,
  manifest: z.unknown(),
  /** Certificate of the officer who signed the manifest, by their agency (typ amana-officer+jws). */
  signerCertificate: z.unknown(),
  files: z.array(
    z.object({
      id: FileId,
      sealedSizeBytes: z.number(),
      /** age header for the retrieving agency, base64; the file's bytes follow it as they are stored. */
      header: z.string(),
    }),
  ),
});
export type RetrievalView = z.infer<typeof RetrievalView>;
// GET /v1/retrievals/:id/files/:fileId/payload  (Range)  application/octet-stream: the stored object
// GET /v1/retrievals/:id/files/:fileId/leaves            application/octet-stream: 32 bytes a chunk
// GET /v1/retrievals/:id/files/:fileId/age               application/octet-stream: header ‖ payload

/** POST /v1/retrievals/:id/receipt: the recipient's signed receipt (typ amana-receipt+jws). */
export const SubmitReceipt = z.strictObject({ receipt: z.unknown() });
export type SubmitReceipt = z.infer<typeof SubmitReceipt>;
