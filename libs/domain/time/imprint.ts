import { type Digest, type DigestName, digestNamed, readDigest, unsupported } from './algorithms.js';
import { type Element, Members, nextOctets } from './der.js';
import { malformed } from './timestamp-error.js';

/** What a timestamp is over: a digest and how it was made. */
export interface Imprint {
  readonly algorithm: DigestName;
  readonly digest: Uint8Array;
}

/** The imprint of these bytes. @throws TimestampError 'unsupported-algorithm' */
export function imprintOf(bytes: Uint8Array, algorithm: DigestName = 'SHA-256'): Imprint {
  return { algorithm, digest: digestNamed(algorithm).hash(bytes) };
}

/** MessageImprint of RFC 3161 §2.4.1. @throws TimestampError 'malformed' | 'unsupported-algorithm' */
export function readImprint(element: Element): Imprint {
  const members = Members.of(element, 'a message imprint');
  const algorithm = readDigest(members.any());
  const digest = nextOctets(members);
  members.end();
  if (digest.length !== algorithm.sizeBytes) throw malformed('a digest of another size than its algorithm has');
  return { algorithm: algorithm.name, digest };
}

/** @throws TimestampError 'unsupported-algorithm' unless the digest is as long as its algorithm makes it */
export function requireImprint({ algorithm, digest }: Imprint): Digest {
  const known = digestNamed(algorithm);
  if (digest.length !== known.sizeBytes) throw unsupported(`a digest of ${digest.length} bytes`);
  return known;
}
