import { type DigestName, digestNamed } from './algorithms.js';
import { sameBytes } from './der.js';
import {
  type ArchiveTimestampChain,
  type EvidenceRecord,
  formatChains,
  formatEvidenceRecord,
  parseEvidenceRecord,
} from './evidence-record.js';
import { hashTreeOver } from './hash-tree.js';
import { type Imprint, imprintOf } from './imprint.js';
import { TimestampError } from './timestamp-error.js';
import { tokenIn } from './timestamp-response.js';
import { readTimestamp } from './verify-timestamp.js';

/** A renewal half done: what an authority is to stamp, and what comes of its token. */
export interface Renewal {
  readonly imprint: Imprint;
  /**
   * The records, renewed, in their order. The token is to be verified before (`verifyTimestamp` over `imprint`).
   * @throws TimestampError 'wrong-imprint' for a token over anything else
   */
  readonly complete: (token: Uint8Array) => Uint8Array<ArrayBuffer>[];
}

/** DER of an evidence record that holds this token alone: where every archive begins. @throws TimestampError */
export function newEvidenceRecord(tokenOrResponse: Uint8Array): Uint8Array<ArrayBuffer> {
  const token = tokenIn(tokenOrResponse);
  return formatEvidenceRecord({ chains: [[{ hashTree: null, token }]] });
}

/**
 * Timestamp renewal (RFC 4998 §5.2): a new archive timestamp over the last token of each record, before its certificate or algorithm comes
 * to its end. Several records are renewed by one token through a hash tree; all must use the same digest, which stays.
 * @param records DER of evidence records
 * @throws TimestampError 'malformed' | 'unsupported-algorithm'; 'broken-chain' for records of different digests
 */
export function renew(records: readonly Uint8Array[]): Renewal {
  const parsed = records.map(parseEvidenceRecord);
  const lasts = parsed.map(lastTokenOf);
  const algorithms = new Set(lasts.map((token) => readTimestamp(token).imprint.algorithm));
  const [algorithm, ...others] = algorithms;
  if (!algorithm || others.length > 0) {
    throw new TimestampError('broken-chain', 'records of one digest are renewed together, and at least one');
  }
  const digest = digestNamed(algorithm);
  const { root, reduced } = hashTreeOver(lasts.map(digest.hash), digest);
  return renewalOf({ algorithm, digest: root }, (token) =>
    parsed.map(({ chains }, at) => {
      const renewed: ArchiveTimestampChain = [...(chains.at(-1) ?? []), { hashTree: reduced[at] ?? null, token }];
      return formatEvidenceRecord({ chains: [...chains.slice(0, -1), renewed] });
    }),
  );
}

/**
 * Hash-tree renewal (RFC 4998 §5.2): before a digest comes to its end, the bytes themselves and all that was stamped so far go under a new
 * chain of a stronger digest.
 * @param record DER of an evidence record over `bytes`
 * @throws TimestampError
 */
export function renewHashTree(record: Uint8Array, bytes: Uint8Array, algorithm: DigestName): Renewal {
  const { chains } = parseEvidenceRecord(record);
  return renewalOf(
    { algorithm, digest: hashTreeLeafOver(chains, digestNamed(algorithm).hash(bytes), algorithm) },
    (token) => [formatEvidenceRecord({ chains: [...chains, [{ hashTree: null, token }]] })],
  );
}

/** H(H(bytes) ‖ H(ArchiveTimeStampSequence of the chains so far)). RFC 4998 §5.2. */
export function hashTreeLeafOver(
  earlier: EvidenceRecord['chains'],
  hashOfBytes: Uint8Array,
  algorithm: DigestName,
): Uint8Array {
  const { hash, sizeBytes } = digestNamed(algorithm);
  const both = new Uint8Array(2 * sizeBytes);
  both.set(hashOfBytes);
  both.set(hash(formatChains(earlier)), sizeBytes);
  return imprintOf(both, algorithm).digest;
}

function renewalOf(imprint: Imprint, build: (token: Uint8Array) => Uint8Array<ArrayBuffer>[]): Renewal {
  return {
    imprint,
    complete: (tokenOrResponse) => {
      const token = tokenIn(tokenOrResponse);
      const over = readTimestamp(token).imprint;
      if (over.algorithm !== imprint.algorithm || !sameBytes(over.digest, imprint.digest)) {
        throw new TimestampError('wrong-imprint', 'the token is not over what is to be renewed');
      }
      return build(token);
    },
  };
}

function lastTokenOf({ chains }: EvidenceRecord): Uint8Array {
  const token = chains.at(-1)?.at(-1)?.token;
  if (!token) throw new RangeError('a record without timestamps was read');
  return token;
}
