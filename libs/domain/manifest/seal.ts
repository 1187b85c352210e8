import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { CHUNK_SIZE_BYTES, FileId, Sha256Hex, UtcInstant } from '#domain/evidence';
import { canonicalJson } from './canonical-json.js';
import type { Signer } from './keys.js';
import type { Manifest } from './manifest.js';
import { ManifestError } from './manifest-error.js';
import { SEAL_HEADER, SEAL_TYP, readManifest } from './signed-manifest.js';
import { parseDocument } from './statement.js';
import type { GeneralJws, KeyOf } from './strict-jws.js';
import { signPayload, verifySignature } from './strict-jws.js';

/** What the platform states when it countersigns: that it read back all that its store holds of the exhibit, and it was right. */
export const Seal = z.strictObject({
  sealedAt: UtcInstant,
  /** `objectVersionsSha256` of the objects read back. */
  objectVersionsSha256: Sha256Hex,
  verified: z.strictObject({
    files: z.int().min(1),
    /** Of all stored objects. */
    sealedSizeBytes: z.int().min(32),
    chunks: z.int().min(1),
  }),
});
export type Seal = z.infer<typeof Seal>;

export interface VerifiedSeal {
  readonly seal: Seal;
  readonly kid: string;
  /** Of the manifest sealed, hexadecimal. */
  readonly payloadSha256: string;
}

/**
 * Adds the platform's seal to a signed manifest: a second signature over the same bytes. Whoever calls has verified the
 * officer's signature.
 *
 * @throws ManifestError as `readManifest`; 'already-sealed'; 'bad-document', 'seal-mismatch' for the seal
 */
export async function addSeal(jws: unknown, seal: Seal, signer: Signer): Promise<GeneralJws> {
  const { statement: manifest, payloadBytes, jws: read } = readManifest(jws);
  if (read.signatures.some(({ typ }) => typ === SEAL_TYP))
    throw new ManifestError('already-sealed', 'the manifest is sealed');
  const checked = parseDocument(Seal, seal);
  requireCounts(checked, manifest);
  const sealed = await signPayload(payloadBytes, SEAL_TYP, signer, { [SEAL_HEADER]: checked });
  return {
    payload: read.payload,
    signatures: [...read.signatures.map(({ encoded }) => encoded), ...sealed.signatures],
  };
}

/**
 * Verifies the platform's seal. The officer's signature is for `verifyManifest`.
 *
 * @param keyOf the platforms' known keys
 * @throws ManifestError as `readManifest`; 'signature-missing' without a seal or with several; 'bad-document',
 *   'seal-mismatch', 'unknown-key', 'bad-key', 'bad-signature'
 */
export async function verifySeal(jws: unknown, keyOf: KeyOf): Promise<VerifiedSeal> {
  const { statement: manifest, payloadSha256, jws: read } = readManifest(jws);
  const [signature, ...more] = read.signatures.filter(({ typ }) => typ === SEAL_TYP);
  if (signature === undefined || more.length > 0)
    throw new ManifestError('signature-missing', 'the manifest has not one seal');
  const seal = parseDocument(Seal, signature.header[SEAL_HEADER]);
  requireCounts(seal, manifest);
  await verifySignature(read, signature, await keyOf(signature.kid));
  return { seal, kid: signature.kid, payloadSha256 };
}

/** One digest for the versions of an exhibit's stored objects, whatever order they are named in. Hexadecimal. */
export function objectVersionsSha256(
  versions: readonly { readonly fileId: FileId; readonly versionId: string }[],
): string {
  const sorted = versions
    .map(({ fileId, versionId }) => ({ fileId, versionId }))
    .sort((a, b) => (a.fileId < b.fileId ? -1 : 1));
  return bytesToHex(sha256(canonicalJson(sorted)));
}

/** What a seal of this manifest has verified. */
export function sealedCounts({ files }: Manifest): Seal['verified'] {
  return {
    files: files.length,
    sealedSizeBytes: files.reduce((sum, file) => sum + file.sealedSizeBytes, 0),
    chunks: files.reduce((sum, file) => sum + Math.ceil(file.sealedSizeBytes / CHUNK_SIZE_BYTES), 0),
  };
}

function requireCounts({ verified }: Seal, manifest: Manifest): void {
  const counts = sealedCounts(manifest);
  if (
    verified.files !== counts.files ||
    verified.sealedSizeBytes !== counts.sealedSizeBytes ||
    verified.chunks !== counts.chunks
  ) {
    throw new ManifestError('seal-mismatch', 'the seal is not of all that the manifest names');
  }
}
