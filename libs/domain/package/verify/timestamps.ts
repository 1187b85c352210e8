import {
  TimestampError,
  formatPemCertificates,
  grantedResponse,
  readPemCertificates,
  verifyArchiveChain,
  verifyTimestamp,
  type TimestampTrust,
  type VerifiedTimestamp,
} from '#domain/time';
import { PATHS, STAMPED_PARTS, evidenceRecordPath, timestampPath, type StampedPart } from '../layout.js';
import { fingerprintOf, type PinnedAuthorities } from '../reader-policy.js';
import { LinkFault } from '../verdict.js';
import { holding, requireFile, type Examination } from './examination.js';

/** So much later than the attested time a claimed one may be: the clocks of platform, officer and authority are not one. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** What is stamped, and what it says of its own time. */
export interface Stampable {
  /** The exact bytes that a timestamp must be over. */
  readonly bytes: Uint8Array;
  /** Times that those bytes claim for things that were done before they came to be, and what each is the time of. */
  readonly claims: Iterable<TimeClaim>;
}

export interface TimeClaim {
  readonly what: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Something that was there at a time, by the word of an authority. */
export interface AttestedTime {
  readonly part: StampedPart;
  readonly genTime: Date;
  /** When the last certificate that vouches for it ends. */
  readonly holdsUntil: Date;
  /** Subject of the certificate that signed, RFC 4514. */
  readonly tsaName: string;
}

/**
 * Timestamps that are there must hold, whoever is trusted: over these very bytes, by a certificate for timestamps alone, which the
 * signed attributes name, on a path that was valid at the token's time and ends at a root in `data/keys/tsa.pem`; what renewed it too
 * (RFC 4998). Where the reader names roots, it must end at one of those, whatever else the package brings. Nothing is in
 * `data/custody/timestamps` or `data/keys/tsa.pem` that no such path needs.
 *
 * What is under a timestamp was there before it. So nothing in it may claim to be of a later time, by more than clocks differ
 * (`CLOCK_TOLERANCE_MS`): not an event under the checkpoint, not the signing of the manifest. How much *earlier* than its timestamp something
 * claims to be says nothing: an authority may have been away, and a timestamp can be made at any time after.
 * @throws LinkFault 'timestamp'
 */
export async function checkTimestamps(
  examination: Examination,
  stampable: Readonly<Record<StampedPart, Stampable>>,
  pinned: PinnedAuthorities | null,
): Promise<readonly AttestedTime[]> {
  const { bag, checked } = examination;
  const stamped = STAMPED_PARTS.filter((part) => bag.payload.has(timestampPath(part)));
  const alone = STAMPED_PARTS.find((part) => !stamped.includes(part) && bag.payload.has(evidenceRecordPath(part)));
  if (alone !== undefined) throw fault(`${evidenceRecordPath(alone)} is beside no timestamp`);
  if (stamped.length === 0) {
    if (bag.payload.has(PATHS.authorities)) throw fault(`${PATHS.authorities} is beside no timestamp`);
    return [];
  }
  const authorities = await readAuthorities(examination);
  const trust = trustIn(authorities, pinned);
  const needed = new Set<string>();
  const attested: AttestedTime[] = [];
  for (const part of stamped) {
    const { bytes, claims } = stampable[part];
    const timestamps = await checkTimestamp(examination, part, bytes, trust);
    for (const { root } of timestamps) needed.add(fingerprintOf(root));
    const time = attestedBy(part, timestamps);
    requireEarlier(claims, time);
    attested.push(time);
    checked.timestamps += 1;
    if (pinned !== null) checked.pinnedTimestamps += 1;
  }
  if (authorities.length !== needed.size)
    throw fault(`${PATHS.authorities} has a certificate that no timestamp leads to, or one twice`);
  return attested;
}

/**
 * What a reader who names authorities asks for beyond that: the time of both parts attested, by a timestamp that still stands at their
 * present. Where it is not, the package is `undecided`, not broken: nothing in it is false. An authority that was away leaves a package
 * without a timestamp, as says the package; somebody who takes one out gains no more than that. A reader who names none gets the same
 * verdict whatever their clock says.
 * @param at the reader's present; left out, nothing is said of it
 * @throws LinkFault 'timestamp', undecided
 */
export function requireAttested(attested: readonly AttestedTime[], pinned: PinnedAuthorities | null, at?: Date): void {
  if (pinned === null) return;
  const missing = STAMPED_PARTS.find((part) => !attested.some((time) => time.part === part));
  if (missing !== undefined)
    throw undecided(`the policy given names timestamp authorities, and nothing attests the time of the ${missing}`);
  if (at === undefined) return;
  for (const { part, genTime, holdsUntil } of attested) {
    if (genTime.getTime() > at.getTime() + CLOCK_TOLERANCE_MS)
      throw undecided(`${timestampPath(part)} is of ${genTime.toISOString()}, to which the clock here has not come`);
    if (at > holdsUntil)
      throw undecided(
        `${timestampPath(part)} stood until ${holdsUntil.toISOString()}, when its certificates ended, and nothing renews it`,
      );
  }
}

async function readAuthorities(examination: Examination): Promise<readonly Uint8Array[]> {
  const bytes = await requireFile(examination, PATHS.authorities, 'timestamp');
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const read = await holding('timestamp', TimestampError, () => readPemCertificates(text), PATHS.authorities);
  if (formatPemCertificates(read) !== text) throw fault(`${PATHS.authorities} has more in it than certificates`);
  return read;
}

function trustIn(authorities: readonly Uint8Array[], pinned: PinnedAuthorities | null): TimestampTrust {
  const { roots, policies } = pinned ?? { roots: null, policies: null };
  const trusted = authorities.filter((root) => roots?.has(fingerprintOf(root)) ?? true);
  if (trusted.length === 0)
    throw fault(`${PATHS.authorities} has no root that the policy given names; it has ${fingerprints(authorities)}`);
  return { roots: trusted, certificates: authorities, ...(policies && { policies: [...policies] }) };
}

/** @returns the timestamp and what renewed it, oldest first */
async function checkTimestamp(
  examination: Examination,
  part: StampedPart,
  bytes: Uint8Array,
  trust: TimestampTrust,
): Promise<readonly [VerifiedTimestamp, ...VerifiedTimestamp[]]> {
  const path = timestampPath(part);
  const answer = await requireFile(examination, path, 'timestamp');
  const verify = () => verifyTimestamp(answer, { ...trust, bytes });
  const verified = await holding('timestamp', TimestampError, verify, path);
  if (!sameBytes(grantedResponse(verified.token), answer))
    throw fault(`${path} is not an answer that is granted, alone and whole`);
  const recordPath = evidenceRecordPath(part);
  if (!examination.bag.payload.has(recordPath)) return [verified];
  const record = await requireFile(examination, recordPath, 'timestamp');
  const verifyRecord = () => verifyArchiveChain(record, bytes, trust);
  const { timestamps } = await holding('timestamp', TimestampError, verifyRecord, recordPath);
  const [first, ...renewals] = timestamps;
  if (first === undefined || !sameBytes(first.token, verified.token))
    throw fault(`${recordPath} does not begin with the timestamp in ${path}`);
  return [verified, ...renewals];
}

function attestedBy(part: StampedPart, timestamps: readonly [VerifiedTimestamp, ...VerifiedTimestamp[]]): AttestedTime {
  const [{ genTime, tsaName }] = timestamps;
  const { certificateNotAfter } = timestamps.at(-1) ?? timestamps[0];
  return { part, genTime, tsaName, holdsUntil: certificateNotAfter };
}

function requireEarlier(claims: Iterable<TimeClaim>, { part, genTime }: AttestedTime): void {
  for (const { what, at } of claims) {
    if (Date.parse(at) <= genTime.getTime() + CLOCK_TOLERANCE_MS) continue;
    throw fault(
      `${timestampPath(part)}: ${what} says it is of ${at}, and was there at ${genTime.toISOString()} already`,
    );
  }
}

const fingerprints = (certificates: readonly Uint8Array[]): string => certificates.map(fingerprintOf).join(', ');

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

const fault = (detail: string) => new LinkFault('timestamp', detail);
const undecided = (detail: string) => new LinkFault('timestamp', detail, 'undecided');
