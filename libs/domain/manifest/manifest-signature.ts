import type { PublicJwk, Signer } from './keys.js';
import type { Manifest } from './manifest.js';
import { ManifestError } from './manifest-error.js';
import { MANIFEST, MANIFEST_TYP, readManifest } from './signed-manifest.js';
import type { VerifiedStatement } from './statement.js';
import { signStatement } from './statement.js';
import type { GeneralJws } from './strict-jws.js';
import { verifySignature } from './strict-jws.js';

export interface VerifiedManifest extends Omit<VerifiedStatement<Manifest>, 'statement'> {
  readonly manifest: Manifest;
  /** Whether a seal stands on it too, which `verifySeal` verifies. */
  readonly hasSeal: boolean;
}

/** Signs a manifest as the officer who made it. @throws ManifestError 'bad-document' */
export async function signManifest(manifest: Manifest, signer: Signer): Promise<GeneralJws> {
  return signStatement(MANIFEST, manifest, signer);
}

/**
 * Verifies the officer's signature, and all further ones of officers; a platform's seal is left to `verifySeal`.
 *
 * @param jws JSON as bytes, or parsed by `parseStrictJson`
 * @param keyOf the certified key with this id of the officer whom the manifest names: who answers with any officer's key
 *   lets one officer sign for another
 * @throws ManifestError 'json-…', 'jws-…', 'duplicate-signature', 'payload-not-canonical', 'bad-document',
 *   'signature-missing', 'unknown-key', 'bad-key', 'bad-signature'
 */
export async function verifyManifest(
  jws: unknown,
  keyOf: (kid: string, manifest: Manifest) => PublicJwk | undefined | Promise<PublicJwk | undefined>,
): Promise<VerifiedManifest> {
  const { statement: manifest, jws: read, ...document } = readManifest(jws);
  const signatures = read.signatures.filter(({ typ }) => typ === MANIFEST_TYP);
  if (signatures.length === 0) throw new ManifestError('signature-missing', 'no officer has signed the manifest');
  for (const signature of signatures) await verifySignature(read, signature, await keyOf(signature.kid, manifest));
  return {
    manifest,
    ...document,
    kids: signatures.map(({ kid }) => kid),
    hasSeal: signatures.length < read.signatures.length,
  };
}
