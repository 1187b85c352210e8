import { Manifest } from './manifest.js';
import type { ReadStatement, StatementKind } from './statement.js';
import { readStatement } from './statement.js';

export const MANIFEST_TYP = 'amana-manifest+jws';
export const SEAL_TYP = 'amana-seal+jws';

/** The protected header parameter that carries a seal's statement, and so has it signed. */
export const SEAL_HEADER = 'amana-seal';

export const MANIFEST: StatementKind<typeof Manifest> = { typ: MANIFEST_TYP, schema: Manifest };

/**
 * Reads a manifest, with officers' signatures and a seal, and verifies no signature.
 *
 * @throws ManifestError 'json-…', 'jws-…', 'duplicate-signature', 'payload-not-canonical', 'bad-document'
 */
export function readManifest(jws: unknown): ReadStatement<Manifest> {
  return readStatement(MANIFEST, jws, { [MANIFEST_TYP]: [], [SEAL_TYP]: [SEAL_HEADER] });
}
