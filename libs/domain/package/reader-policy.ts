import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { AgencyId } from '#domain/evidence';
import { thumbprintOf, type AgencyKeys, type PublicJwk } from '#domain/manifest';
import { ProofError, formatLogPolicy, parseLogPolicy, type LogPolicy, type VerifierKey } from '#domain/merkle';
import { PackageError } from './package-error.js';

/**
 * Whom the reader of a package trusts: logs, witnesses and quorum as c2sp.org/tlog-policy has them, and, on lines that are comments to
 * every other reader of such a policy, the keys of platforms and agencies by their ids (RFC 7638, base64url SHA-256):
 *
 *     #amana platform <key id>
 *     #amana agency <agency id> <key id>
 *     #amana tsa <SHA-256 of a root certificate, hexadecimal>
 *     #amana tsa-policy <object identifier>
 *
 * A line may come more than once: keys are rotated. A policy that names timestamp authorities asks for their timestamps.
 */
export interface ReaderPolicy {
  readonly log: LogPolicy;
  /** Keys a manifest may be sealed with; null when the policy says nothing of platforms. */
  readonly platforms: ReadonlySet<string> | null;
  /** Signing keys of agencies; null when the policy says nothing of agencies. An agency it does not name is not trusted then. */
  readonly agencies: ReadonlyMap<string, ReadonlySet<string>> | null;
  /** Who attests the time; null when the policy says nothing of it. */
  readonly authorities: PinnedAuthorities | null;
}

/** Timestamp authorities that a reader trusts. */
export interface PinnedAuthorities {
  /** SHA-256 of the DER of root certificates, hexadecimal, as `openssl x509 -fingerprint -sha256` has it without colons. */
  readonly roots: ReadonlySet<string>;
  /** Policies of theirs that are accepted, dotted; null for any. */
  readonly policies: ReadonlySet<string> | null;
}

/** The keys that a policy of this kind names beside the log's. */
export interface PinnedKeys {
  readonly platform: PublicJwk;
  readonly agencies: readonly Pick<AgencyKeys, 'agencyId' | 'signingKey'>[];
  /** DER of root certificates of timestamp authorities. */
  readonly timestampRoots?: readonly Uint8Array[];
}

/** What is ours, and how it might be misspelt: a line that looks like ours and is not is refused, for as a comment it would pin nothing. */
const OURS = /^\s*#\s*amana\b/i;
const PLATFORM = /^#amana platform ([\w-]{43})$/;
const AGENCY = /^#amana agency ([0-9a-f-]{36}) ([\w-]{43})$/;
const ROOT = /^#amana tsa ([0-9a-f]{64})$/;
const TSA_POLICY = /^#amana tsa-policy ([0-2](?:\.(?:0|[1-9][0-9]{0,19})){1,30})$/;
const FORMS =
  '"#amana platform <key id>", "#amana agency <agency id> <key id>", "#amana tsa <SHA-256 of a root certificate>" nor ' +
  '"#amana tsa-policy <object identifier>"';

/** @throws PackageError 'bad-policy' with the line */
export function parseReaderPolicy(bytes: Uint8Array): ReaderPolicy {
  const log = parseLog(bytes);
  const platforms = new Set<string>();
  const agencies = new Map<string, Set<string>>();
  const roots = new Set<string>();
  const policies = new Set<string>();
  for (const [at, line] of new TextDecoder().decode(bytes).split('\n').entries()) {
    if (!OURS.test(line)) continue;
    const [, platform] = PLATFORM.exec(line) ?? [];
    const [, agency, kid] = AGENCY.exec(line) ?? [];
    const [, root] = ROOT.exec(line) ?? [];
    const [, policy] = TSA_POLICY.exec(line) ?? [];
    if (platform !== undefined) platforms.add(platform);
    else if (root !== undefined) roots.add(root);
    else if (policy !== undefined) policies.add(policy);
    else if (kid !== undefined && AgencyId.safeParse(agency).success) {
      agencies.set(agency ?? '', (agencies.get(agency ?? '') ?? new Set()).add(kid));
    } else {
      throw new PackageError('bad-policy', `line ${at + 1}: neither ${FORMS}`);
    }
  }
  if (policies.size > 0 && roots.size === 0) {
    throw new PackageError(
      'bad-policy',
      '"#amana tsa-policy" pins nothing without the root of an authority, "#amana tsa"',
    );
  }
  return {
    log,
    platforms: platforms.size > 0 ? platforms : null,
    agencies: agencies.size > 0 ? agencies : null,
    authorities: roots.size > 0 ? { roots, policies: policies.size > 0 ? policies : null } : null,
  };
}

/** The policy of who trusts one log, one platform and these agencies, and asks for no witness. */
export async function formatReaderPolicy(
  log: VerifierKey,
  { platform, agencies, timestampRoots = [] }: PinnedKeys,
): Promise<string> {
  const lines = [`#amana platform ${await thumbprintOf(platform)}`];
  for (const { agencyId, signingKey } of agencies)
    lines.push(`#amana agency ${agencyId} ${await thumbprintOf(signingKey)}`);
  for (const root of timestampRoots) lines.push(`#amana tsa ${fingerprintOf(root)}`);
  return `${formatLogPolicy(log)}${lines.join('\n')}\n`;
}

/** By what a root certificate is pinned: SHA-256 of its DER, hexadecimal. */
export const fingerprintOf = (certificate: Uint8Array): string => bytesToHex(sha256(certificate));

function parseLog(bytes: Uint8Array): LogPolicy {
  try {
    return parseLogPolicy(bytes);
  } catch (error) {
    if (error instanceof ProofError) throw new PackageError('bad-policy', error.message, { cause: error });
    throw error;
  }
}
