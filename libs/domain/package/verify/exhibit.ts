import {
  MANIFEST_TYP,
  ManifestError,
  PublicJwk,
  SEAL_TYP,
  parseStrictJson,
  readManifest,
  thumbprintOf,
  verifyManifest,
  verifySeal,
  type Manifest,
  type ReadStatement,
  type Seal,
} from '#domain/manifest';
import { PATHS } from '../layout.js';
import { LinkFault } from '../verdict.js';
import { holding, requireFile, type Examination } from './examination.js';
import type { OfficerKey } from './signer.js';

/** What the package is of. */
export interface Exhibit {
  readonly manifest: Manifest;
  /** Of the manifest's exact payload, hexadecimal: how events name it. */
  readonly manifestSha256: string;
  /** As the JWS has them, base64url: those of officers, and the seal. */
  readonly signatures: { readonly officers: readonly string[]; readonly seal: string };
  readonly seal: Seal;
}

/** The manifest and its signatures, read and not verified. */
export interface UnverifiedManifest {
  /** What `data/manifest.jws.json` holds. */
  readonly jws: unknown;
  readonly read: ReadStatement<Manifest>;
}

/** @throws LinkFault 'manifest-signature' when it is no manifest in canonical JSON */
export async function readSignedManifest(examination: Examination): Promise<UnverifiedManifest> {
  const bytes = await requireFile(examination, PATHS.manifest, 'manifest-signature');
  const parse = () => {
    const jws = parseStrictJson(bytes);
    return { jws, read: readManifest(jws) };
  };
  return holding('manifest-signature', ManifestError, parse, PATHS.manifest);
}

/** The officer's signature. @throws LinkFault 'manifest-signature' */
export async function checkManifestSignature(
  { checked }: Examination,
  jws: unknown,
  signer: OfficerKey,
): Promise<void> {
  const keyOf = (kid: string) => (kid === signer.kid ? signer.key : undefined);
  const { kids } = await holding('manifest-signature', ManifestError, () => verifyManifest(jws, keyOf), PATHS.manifest);
  checked.signatures += kids.length;
}

/**
 * The platform's seal, by the key that the package gives for it.
 * @param pinned ids of the keys that the reader knows platforms by; null when the reader names none
 * @throws LinkFault 'seal'
 */
export async function checkSeal(
  examination: Examination,
  { jws, read }: UnverifiedManifest,
  pinned: ReadonlySet<string> | null,
): Promise<Exhibit> {
  const key = await readPlatformKey(examination);
  const kid = await thumbprintOf(key);
  if (pinned?.has(kid) === false)
    throw new LinkFault('seal', `${PATHS.platformKey} is the key ${kid}, which the policy given does not name`);
  const keyOf = (named: string) => (named === kid ? key : undefined);
  const { seal, payloadSha256 } = await holding('seal', ManifestError, () => verifySeal(jws, keyOf), PATHS.manifest);
  if (seal.sealedAt < read.statement.sealedAt)
    throw new LinkFault('seal', 'the platform sealed before the officer did');
  examination.checked.signatures += 1;
  const signaturesOf = (wanted: string) =>
    read.jws.signatures.filter(({ typ }) => typ === wanted).map(({ encoded }) => encoded.signature);
  const signatures = { officers: signaturesOf(MANIFEST_TYP), seal: signaturesOf(SEAL_TYP)[0] ?? '' };
  return { manifest: read.statement, manifestSha256: payloadSha256, signatures, seal };
}

async function readPlatformKey(examination: Examination): Promise<PublicJwk> {
  const bytes = await requireFile(examination, PATHS.platformKey, 'seal');
  const parsed = PublicJwk.safeParse(
    await holding('seal', ManifestError, () => parseStrictJson(bytes), PATHS.platformKey),
  );
  if (!parsed.success) throw new LinkFault('seal', `${PATHS.platformKey} is not a public Ed25519 key`);
  return parsed.data;
}
