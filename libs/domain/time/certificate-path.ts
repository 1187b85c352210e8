import { readScheme } from './algorithms.js';
import type { Certificate } from './certificate.js';
import { requireAuthority } from './certificate-rules.js';
import { sameBytes } from './der.js';
import { TimestampError } from './timestamp-error.js';
import { verifySignature } from './verify-signature.js';

/** Bounds on what certificates that anyone can put into a token may cost. */
const MAX_PATH = 6;
const MAX_SIGNATURES = 32;

export interface PathParts {
  readonly signer: Certificate;
  /** Certificates that came along: hints, and nothing more. */
  readonly others: readonly Certificate[];
  /** The reader's own. */
  readonly roots: readonly Certificate[];
  /** When all of the path must have been valid. */
  readonly at: Date;
}

/**
 * A path from the signer to one of the reader's roots, each certificate signed by the next and valid at the given time, the root too.
 * Names are compared byte by byte. A root's own signature is not checked: it is trusted for being pinned. Revocation is not looked up:
 * nothing here goes to the network. RFC 5280 §6.1.
 * @returns signer first, root last
 * @throws TimestampError 'untrusted' | 'outside-validity' | 'unknown-critical-extension' | 'unsupported-algorithm' | 'malformed': of all
 *   paths tried, what was wrong with the one that got furthest
 */
export async function findPath({ signer, others, roots, at }: PathParts): Promise<readonly Certificate[]> {
  let signatures = 0;
  let furthest = new TimestampError('untrusted', `no path leads from ${signer.subject.text} to a root that is trusted`);
  let reached = 0;
  const note = (error: unknown, depth: number, { subject }: Certificate): void => {
    if (!(error instanceof TimestampError)) throw error;
    if (depth <= reached) return;
    reached = depth;
    furthest =
      error.code === 'bad-signature' ? new TimestampError('untrusted', `${subject.text} did not sign it`) : error;
  };

  const extend = async (path: readonly Certificate[]): Promise<readonly Certificate[] | undefined> => {
    const last = path.at(-1) ?? signer;
    if (roots.some(({ der }) => sameBytes(der, last.der))) return path;
    if (path.length === MAX_PATH) return undefined;
    for (const issuer of [...roots, ...others]) {
      const issues = sameBytes(issuer.subject.der, last.issuer.der) && !path.includes(issuer);
      if (!issues || signatures === MAX_SIGNATURES) continue;
      try {
        requireAuthority(issuer, path.slice(1).filter(isNotSelfIssued).length);
        signatures++;
        const { signed: bytes, signature, algorithm } = last;
        await verifySignature({ bytes, signature, scheme: readScheme(algorithm) }, issuer.publicKey);
        requireValid(issuer, at);
      } catch (error) {
        note(error, path.length, issuer);
        continue;
      }
      const found = await extend([...path, issuer]);
      if (found) return found;
    }
    return undefined;
  };

  requireValid(signer, at);
  const found = await extend([signer]);
  if (!found) throw furthest;
  return found;
}

function requireValid({ subject, notBefore, notAfter }: Certificate, at: Date): void {
  if (at < notBefore || at > notAfter) {
    const span = `${notBefore.toISOString()} to ${notAfter.toISOString()}`;
    throw new TimestampError('outside-validity', `${subject.text} is valid from ${span}, not at ${at.toISOString()}`);
  }
}

const isNotSelfIssued = ({ subject, issuer }: Certificate) => !sameBytes(subject.der, issuer.der);
