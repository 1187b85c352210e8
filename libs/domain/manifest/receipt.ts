import { z } from 'zod';
import { ExhibitId, FileId, RetrievalId, Sha256Hex, UtcInstant } from '#domain/evidence';
import type { PublicJwk, Signer } from './keys.js';
import { MAX_MANIFEST_FILES } from './manifest.js';
import type { StatementKind, VerifiedStatement } from './statement.js';
import { signStatement, verifyStatement } from './statement.js';
import type { GeneralJws } from './strict-jws.js';

export const RECEIPT_TYP = 'amana-receipt+jws';

/** An officer's statement that an exhibit arrived and that every file, decrypted, has the digest of the manifest. */
export const Receipt = z
  .strictObject({
    schema: z.literal('amana-receipt/v1'),
    retrievalId: RetrievalId,
    exhibitId: ExhibitId,
    /** Of the manifest's exact payload. */
    manifestSha256: Sha256Hex,
    files: z
      .array(z.strictObject({ id: FileId, sha256: Sha256Hex }))
      .min(1)
      .max(MAX_MANIFEST_FILES),
    receivedAt: UtcInstant,
    verified: z.literal(true),
  })
  .refine(({ files }) => new Set(files.map(({ id }) => id)).size === files.length, {
    path: ['files'],
    error: 'must not name a file twice',
  });
export type Receipt = z.infer<typeof Receipt>;

const RECEIPT: StatementKind<typeof Receipt> = { typ: RECEIPT_TYP, schema: Receipt };

/** @param officer who received the exhibit @throws ManifestError 'bad-document' */
export async function signReceipt(receipt: Receipt, officer: Signer): Promise<GeneralJws> {
  return signStatement(RECEIPT, receipt, officer);
}

/**
 * Verifies who signed. Whether the digests are those of the manifest is for who has it.
 *
 * @param keyOf the certified key with this id of the officer who made the retrieval
 * @throws ManifestError 'json-…', 'jws-…', 'payload-not-canonical', 'bad-document', 'unknown-key', 'bad-key', 'bad-signature'
 */
export async function verifyReceipt(
  jws: unknown,
  keyOf: (kid: string, receipt: Receipt) => PublicJwk | undefined | Promise<PublicJwk | undefined>,
): Promise<VerifiedStatement<Receipt>> {
  return verifyStatement(RECEIPT, jws, keyOf);
}
