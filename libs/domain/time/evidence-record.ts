import { OctetString, Sequence } from 'asn1js';
import { type Digest, type DigestName, digestNamed, readDigest } from './algorithms.js';
import { bytesOf, type Element, expect, Members, nextInteger, octetsOf, parseDer } from './der.js';
import { integer, NULL, octets, oid, sequence, tagged } from './der-writer.js';
import { malformed } from './timestamp-error.js';
import { readTimestamp } from './verify-timestamp.js';

/** A larger record is refused unread: some ten renewals of the largest tokens, hundreds of usual ones. */
export const MAX_EVIDENCE_RECORD_SIZE_BYTES = 1024 * 1024;

/** One timestamp of an archive, and how what it covers leads to its imprint. RFC 4998 §4.1. */
export interface ArchiveTimestamp {
  /** The reduced hash tree; null when the imprint is that of what is covered. */
  readonly hashTree: readonly (readonly Uint8Array[])[] | null;
  /** An RFC 3161 token. */
  readonly token: Uint8Array;
}

/** Timestamps that each renew the one before, all of one digest. RFC 4998 §5.1. */
export type ArchiveTimestampChain = readonly ArchiveTimestamp[];

/**
 * The chains of a record, oldest first: each begins with a hash-tree renewal of all before it.
 * RFC 4998 §3.1.
 */
export interface EvidenceRecord {
  readonly chains: readonly ArchiveTimestampChain[];
}

/**
 * DER of an RFC 4998 EvidenceRecord, version 1: digestAlgorithms and archiveTimeStampSequence, without cryptoInfos and encryptionInfo.
 * An ArchiveTimeStamp has `digestAlgorithm` never (it is its token's), `attributes` never, `reducedHashtree` where several were renewed
 * together.
 */
export function formatEvidenceRecord({ chains }: EvidenceRecord): Uint8Array<ArrayBuffer> {
  const names = new Set(chains.flat().map(({ token }) => readTimestamp(token).imprint.algorithm));
  const algorithms = [...names].map((name) => sequence(oid(digestNamed(name).oid), NULL));
  return sequence(integer(1n), sequence(...algorithms), formatChains(chains));
}

/** DER of an ArchiveTimeStampSequence: what a hash-tree renewal covers, beside the bytes themselves. RFC 4998 §5.2. */
export function formatChains(chains: EvidenceRecord['chains']): Uint8Array<ArrayBuffer> {
  return sequence(...chains.map((chain) => sequence(...chain.map(writeTimestamp))));
}

function writeTimestamp({ hashTree, token }: ArchiveTimestamp): Uint8Array {
  const lists = hashTree?.map((hashes) => sequence(...hashes.map(octets)));
  return sequence(...(lists ? [tagged(2, ...lists)] : []), token);
}

/**
 * Reads an EvidenceRecord of version 1. Encrypted data (`encryptionInfo`) is not supported and refused, attributes of an archive timestamp
 * too; `cryptoInfos` is skipped.
 * @throws TimestampError 'malformed' | 'too-large' | 'unsupported-algorithm'
 */
export function parseEvidenceRecord(bytes: Uint8Array): EvidenceRecord {
  const what = 'an evidence record';
  const members = Members.of(parseDer(bytes, MAX_EVIDENCE_RECORD_SIZE_BYTES), what);
  if (nextInteger(members) !== 1n) throw malformed('an evidence record is of version 1');
  const listed = Members.of(members.any(), what).rest().map(readDigest);
  members.maybeTagged(0);
  if (members.maybeTagged(1)) throw malformed('an evidence record over encrypted data is not supported');
  const chains = Members.of(members.any(), what)
    .rest()
    .map((chain) => readChain(chain, listed));
  members.end();
  if (chains.length === 0) throw malformed('an evidence record without timestamps');
  return { chains };
}

function readChain(element: Element, listed: readonly Digest[]): ArchiveTimestampChain {
  const chain = Members.of(element, 'a chain of archive timestamps').rest().map(readTimestampOf);
  if (chain.length === 0) throw malformed('a chain of no archive timestamps');
  const names = new Set<DigestName>(chain.map(({ token }) => readTimestamp(token).imprint.algorithm));
  // RFC 4998 §5.3: one digest a chain, and one that the record lists.
  if (names.size !== 1 || !listed.some(({ name }) => names.has(name))) throw malformed('the digests of a chain');
  return chain;
}

function readTimestampOf(element: Element): ArchiveTimestamp {
  const what = 'an archive timestamp';
  const members = Members.of(element, what);
  const algorithm = members.maybeTagged(0);
  if (members.maybeTagged(1)) throw malformed('attributes of an archive timestamp are not supported');
  const tree = members.maybeTagged(2);
  const token = bytesOf(members.next(Sequence));
  members.end();
  const imprint = readTimestamp(token).imprint;
  if (algorithm && statedDigest(algorithm).name !== imprint.algorithm)
    throw malformed('the digest of an archive timestamp');
  return { token, hashTree: tree ? readHashTree(tree, digestNamed(imprint.algorithm).sizeBytes) : null };
}

/** `[0] AlgorithmIdentifier`, implicit: under its own tag it is what it would be. */
function statedDigest(element: Element): Digest {
  const own = bytesOf(element);
  own[0] = 0x30;
  return readDigest(parseDer(own, 256));
}

function readHashTree(element: Element, sizeBytes: number): Uint8Array[][] {
  const what = 'a reduced hash tree';
  const lists = Members.ofTagged(element, what)
    .rest()
    .map((list) =>
      Members.of(list, what)
        .rest()
        .map((hash) => octetsOf(expect(hash, OctetString, what))),
    );
  if (lists.length === 0 || lists.some((list) => list.length === 0)) throw malformed(what);
  if (lists.flat().some((hash) => hash.length !== sizeBytes)) throw malformed(what);
  return lists;
}
