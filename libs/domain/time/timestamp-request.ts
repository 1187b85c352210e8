import { Boolean, Integer, ObjectIdentifier } from 'asn1js';
import { Members, nextInteger, parseDer } from './der.js';
import { integer, NULL, octets, oid, sequence, TRUE } from './der-writer.js';
import { type Imprint, readImprint, requireImprint } from './imprint.js';
import { malformed, TimestampError } from './timestamp-error.js';

/** A larger request is refused unread. */
export const MAX_REQUEST_SIZE_BYTES = 4096;

/** What is asked of an authority. RFC 3161 §2.4.1, TimeStampReq. */
export interface TimestampRequest {
  readonly imprint: Imprint;
  /** Dotted; null leaves it to the authority. */
  readonly policy: string | null;
  readonly nonce: bigint | null;
  /** Whether the token is to bring its certificates. */
  readonly certificates: boolean;
}

/**
 * DER of a request: certificates are always asked for, as a token without them verifies only where they are kept.
 * @param nonce fresh and random, at least 64 bits: ties the answer to this request
 * @throws TimestampError 'unsupported-algorithm' for a digest that is none of its algorithm
 */
export function timestampRequest(
  imprint: Imprint,
  nonce: bigint,
  policy: string | null = null,
): Uint8Array<ArrayBuffer> {
  const { oid: algorithm } = requireImprint(imprint);
  return sequence(
    integer(1n),
    sequence(sequence(oid(algorithm), NULL), octets(imprint.digest)),
    ...(policy === null ? [] : [oid(policy)]),
    integer(nonce),
    TRUE,
  );
}

/** A nonce of 128 bits. */
export function newNonce(): bigint {
  return crypto.getRandomValues(new Uint8Array(16)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 1n);
}

/**
 * Reads a request as an authority does.
 * @throws TimestampError 'malformed' | 'too-large' · 'unsupported-algorithm' for a digest that is not stamped · 'unknown-critical-extension'
 *   for any extension: none is known
 */
export function parseTimestampRequest(bytes: Uint8Array): TimestampRequest {
  const members = Members.of(parseDer(bytes, MAX_REQUEST_SIZE_BYTES), 'a timestamp request');
  if (nextInteger(members) !== 1n) throw malformed('a timestamp request is of version 1');
  const imprint = readImprint(members.any());
  const policy = members.maybe(ObjectIdentifier)?.getValue() ?? null;
  const nonce = members.maybe(Integer)?.toBigInt() ?? null;
  const certificates = members.maybe(Boolean)?.getValue() ?? false;
  const extensions = members.maybeTagged(0);
  members.end();
  if (extensions) throw new TimestampError('unknown-critical-extension', 'the request has extensions');
  return { imprint, policy, nonce, certificates };
}
