import { type DigestName, digestNamed } from './algorithms.js';
import { sameBytes } from './der.js';
import { type ArchiveTimestamp, type EvidenceRecord, parseEvidenceRecord } from './evidence-record.js';
import { rootOf } from './hash-tree.js';
import { hashTreeLeafOver } from './renew.js';
import { TimestampError } from './timestamp-error.js';
import { readTimestamp, type TimestampTrust, type VerifiedTimestamp, verifyTimestamp } from './verify-timestamp.js';

/** What an archive proves: the bytes were there at `genTime`, and what proves it holds until `certificateNotAfter`. */
export interface VerifiedArchive {
  /** Of the first timestamp. */
  readonly genTime: Date;
  /** Until when the last may stand without being renewed. */
  readonly certificateNotAfter: Date;
  /** Oldest first, each verified at its own time. */
  readonly timestamps: readonly VerifiedTimestamp[];
}

/**
 * Verifies an evidence record over bytes (RFC 4998 §5.3): the first timestamp covers the bytes; each after it covers the token before it
 * (timestamp renewal) or, where a chain begins, the bytes and all chains so far (hash-tree renewal); each is valid at its own time, and
 * its certificates had not expired when the next was made; those of the last have not at the reader's present. So a certificate that
 * expired long ago does no harm where it was renewed in time. That an algorithm broke between two renewals is the reader's to know:
 * only digests and signatures on the list are accepted at all.
 * @param record DER of an EvidenceRecord
 * @param trust roots of every authority that took part; without `at`, the reader's present, that the last still stands is theirs to see
 *   by `certificateNotAfter`
 * @throws TimestampError 'broken-chain' | 'renewed-too-late' | 'expired', and those of `verifyTimestamp`
 */
export async function verifyArchiveChain(
  record: Uint8Array,
  bytes: Uint8Array,
  trust: TimestampTrust,
): Promise<VerifiedArchive> {
  const links = linksOf(parseEvidenceRecord(record), bytes);
  const timestamps: VerifiedTimestamp[] = [];
  for (const { timestamp, covers } of links) {
    const verified = await verifyLink(timestamp, covers, trust);
    const before = timestamps.at(-1);
    if (before && verified.genTime < before.genTime) throw broken('an archive timestamp is older than what it renews');
    if (before && verified.genTime > before.certificateNotAfter) {
      const when = `${before.certificateNotAfter.toISOString()}, and the next is of ${verified.genTime.toISOString()}`;
      throw new TimestampError('renewed-too-late', `a timestamp ended with its certificate on ${when}`);
    }
    timestamps.push(verified);
  }
  const [first, last] = [timestamps[0], timestamps.at(-1)];
  if (!first || !last) throw broken('no timestamps');
  if (trust.at && trust.at > last.certificateNotAfter) {
    throw new TimestampError('expired', `the last timestamp ended on ${last.certificateNotAfter.toISOString()}`);
  }
  return { genTime: first.genTime, certificateNotAfter: last.certificateNotAfter, timestamps };
}

interface Link {
  readonly timestamp: ArchiveTimestamp;
  /** The hash that the timestamp must lead from, under a digest. */
  readonly covers: (algorithm: DigestName) => Uint8Array;
}

function linksOf({ chains }: EvidenceRecord, bytes: Uint8Array): Link[] {
  const hashOfBytes = hashedOnce(bytes);
  return chains.flatMap((chain, at) =>
    chain.map((timestamp, place): Link => {
      const before = chain[place - 1];
      return { timestamp, covers: (algorithm) => coveredBy(algorithm, before, chains.slice(0, at), hashOfBytes) };
    }),
  );
}

function coveredBy(
  algorithm: DigestName,
  before: ArchiveTimestamp | undefined,
  earlier: EvidenceRecord['chains'],
  hashOfBytes: (algorithm: DigestName) => Uint8Array,
): Uint8Array {
  if (before) return digestNamed(algorithm).hash(before.token);
  const hash = hashOfBytes(algorithm);
  return earlier.length > 0 ? hashTreeLeafOver(earlier, hash, algorithm) : hash;
}

/** What is stamped may be large, and a hostile record may have chains by the hundred. */
function hashedOnce(bytes: Uint8Array): (algorithm: DigestName) => Uint8Array {
  const hashes = new Map<DigestName, Uint8Array>();
  return (algorithm) => {
    const hash = hashes.get(algorithm) ?? digestNamed(algorithm).hash(bytes);
    hashes.set(algorithm, hash);
    return hash;
  };
}

function verifyLink(
  timestamp: ArchiveTimestamp,
  covers: Link['covers'],
  trust: TimestampTrust,
): Promise<VerifiedTimestamp> {
  const { imprint } = readTimestamp(timestamp.token);
  const leaf = covers(imprint.algorithm);
  const root = timestamp.hashTree ? rootOf(leaf, timestamp.hashTree, digestNamed(imprint.algorithm)) : leaf;
  if (!sameBytes(root, imprint.digest))
    throw broken('an archive timestamp is over something else than what it is to cover');
  return verifyTimestamp(timestamp.token, { ...trust, imprint });
}

const broken = (message: string) => new TimestampError('broken-chain', message);
