import type { ChainedEvent } from '#domain/custody';
import { ProofError, parseClaimedPolicy, type LogPolicy, type VerifiedCheckpoint } from '#domain/merkle';
import { BagError } from './bag/bag-error.js';
import { quoted } from './bag/bag-path.js';
import { readBag, type Bag } from './bag/read-bag.js';
import type { PackageHasher } from './hasher.js';
import { PATHS, linksOf, maxSizeBytesOf, partKindOf } from './layout.js';
import { bagInfoFault } from './bag-facts.js';
import { PackageError } from './package-error.js';
import type { PackageReader } from './ports.js';
import { parseReaderPolicy, type PinnedAuthorities, type ReaderPolicy } from './reader-policy.js';
import { LinkFault, type Checked, type PackageVerdict } from './verdict.js';
import { holding, requireFile, type Examination } from './verify/examination.js';
import { checkManifestSignature, checkSeal, readSignedManifest, type Exhibit } from './verify/exhibit.js';
import { attribute, checkOxum, faultOf, findAlteredFiles, type AlteredFile } from './verify/fixity.js';
import { checkCheckpoint, checkInclusion } from './verify/log.js';
import { erasureWords } from './verify/erasures.js';
import { checkHeaders, checkPayload } from './verify/payload.js';
import { checkRecord } from './verify/record.js';
import { isKept } from './verify/recorded-event.js';
import { findSigner, type OfficerKey } from './verify/signer.js';
import { checkTimestamps, requireAttested, type AttestedTime } from './verify/timestamps.js';

export interface VerifyOptions {
  /**
   * The policy that the reader trusts (c2sp.org/tlog-policy): keys of logs and witnesses, quorum; and, as `ReaderPolicy` has them, of
   * platforms, agencies and timestamp authorities. Without one the package's own is used, which is but its claim.
   */
  readonly policy?: Uint8Array;
  /** The reader's present: whether timestamps of authorities that the policy names still stand. Nothing else hangs on it. */
  readonly at?: Date;
  readonly hasher: PackageHasher;
}

/**
 * Checks a court package, link by link: the bag, the certificate of who signed, the signature, the seal, every byte of evidence, every
 * event to the export, its place in the log, the log's head, its witnesses, its timestamps; last all that is left of the bag. Every bit of
 * every file is covered by the bag's digests. Uses no network, memory that does not grow with the evidence, and time in proportion to the
 * package's size. The same package gives the same verdict, to the letter, as long as the timestamps that the reader asks for stand.
 *
 * Who alters a package and makes its digests agree is found out by what is signed. Nothing signed covers `data/README.html`, the
 * name of the software in `bag-info.txt`, certificates in a timestamp that its path does not need, what a root in `data/keys/tsa.pem` is
 * signed with itself, and, where the export's event does not name them, the age headers; nor does a package show what was recorded after its
 * export: who has an earlier export of the same exhibit has a package that ends there. And all that is signed is signed by keys that the package brings along, unless the reader's policy names them: the words of the verdict say which.
 *
 * @throws PackageError 'bad-policy' when the pinned policy is none
 */
export async function verifyPackage(
  reader: PackageReader,
  { policy, hasher, at }: VerifyOptions,
): Promise<PackageVerdict> {
  const checked = noneChecked();
  try {
    const pinned = policy === undefined ? null : parseReaderPolicy(policy);
    const bag = await readStructure(reader);
    checked.bagFiles += bag.tagFiles;
    const detail = await examine({ reader, bag, hasher, checked }, pinned, at);
    return { verdict: 'verified', link: null, detail, checked };
  } catch (error) {
    if (error instanceof LinkFault) {
      return { verdict: error.verdict, link: error.link, detail: error.message, checked };
    }
    if (isUnreadable(error)) {
      return { verdict: 'undecided', link: null, detail: error.message, checked };
    }
    throw error;
  }
}

async function readStructure(reader: PackageReader): Promise<Bag> {
  const bag = await holding('bag', BagError, () => readBag(reader));
  for (const { path, sizeBytes } of bag.payload.values()) {
    const kind = partKindOf(path);
    if (kind === null) throw new LinkFault('bag', `${quoted(path)} is no file of a court package`);
    const maxSizeBytes = maxSizeBytesOf(kind);
    if (sizeBytes > maxSizeBytes)
      throw new LinkFault(linksOf(kind)[0], `${path} has ${sizeBytes} bytes, ${maxSizeBytes} at most are read`);
  }
  return bag;
}

/** @returns what was found, in words. @throws LinkFault, PackageError 'unreadable' */
async function examine(examination: Examination, pinned: ReaderPolicy | null, at: Date | undefined): Promise<string> {
  const findings = await checkChain(examination, pinned).catch(async (error: unknown) => {
    throw error instanceof LinkFault ? attribute(error, await alteredWhereReadable(examination)) : error;
  });
  const [altered] = await findAlteredFiles(examination);
  if (altered !== undefined) throw faultOf(altered);
  checkOxum(examination);
  checkInfo(examination, findings);
  requireKnownAgency(findings, pinned);
  requireAttested(findings.attested, pinned?.authorities ?? null, at);
  return summary(findings, pinned);
}

/** A link that is broken stays so where another file cannot be read. */
async function alteredWhereReadable(examination: Examination): Promise<readonly AlteredFile[]> {
  try {
    return await findAlteredFiles(examination);
  } catch (error) {
    if (isUnreadable(error)) return [];
    throw error;
  }
}

const isUnreadable = (error: unknown): error is PackageError =>
  error instanceof PackageError && error.code === 'unreadable';

interface Findings {
  readonly exhibit: Exhibit;
  readonly signer: OfficerKey;
  readonly exported: ChainedEvent;
  readonly events: number;
  readonly erased: readonly string[];
  readonly headersAreRecorded: boolean;
  readonly policy: LogPolicy;
  readonly head: VerifiedCheckpoint;
  readonly attested: readonly AttestedTime[];
}

/** The chain itself. @throws LinkFault at its first link that does not hold */
async function checkChain(examination: Examination, pinned: ReaderPolicy | null): Promise<Findings> {
  const manifest = await readSignedManifest(examination);
  const signer = await findSigner(examination, manifest.read, pinned?.agencies ?? null);
  await checkManifestSignature(examination, manifest.jws, signer);
  const exhibit = await checkSeal(examination, manifest, pinned?.platforms ?? null);
  const headers = await checkPayload(examination, exhibit);
  const events = await checkRecord(examination, exhibit);
  const kept = events.filter(isKept);
  const exported = lastOf(kept);
  const headersAreRecorded = checkHeaders(headers, exported);
  const note = await checkInclusion(examination, events);
  const policy = pinned?.log ?? (await readOwnPolicy(examination));
  const head = checkCheckpoint(examination, note, policy);
  const { sealedAt } = exhibit.manifest;
  const stampable = {
    checkpoint: { bytes: note, claims: kept.map(({ index, event }) => ({ what: `index ${index}`, at: event.at })) },
    manifest: { bytes: manifest.read.payloadBytes, claims: [{ what: 'the manifest', at: sealedAt }] },
  };
  const attested = await checkTimestamps(examination, stampable, pinned?.authorities ?? null);
  examination.checked.pinnedKeys = [pinned !== null, pinned?.platforms, signer.isPinned].filter(Boolean).length;
  return {
    exhibit,
    signer,
    exported,
    events: events.length,
    erased: erasureWords(events),
    headersAreRecorded,
    policy,
    head,
    attested,
  };
}

function lastOf(events: readonly ChainedEvent[]): ChainedEvent {
  const last = events.at(-1);
  if (last === undefined) throw new LinkFault('custody-entry', `${PATHS.events} is empty`);
  return last;
}

function checkInfo({ bag }: Examination, { exhibit, exported }: Findings): void {
  const fault = bagInfoFault(bag.info, bag.oxum, exhibit.manifest, exported.event);
  if (fault !== null) throw new LinkFault('bag', fault);
}

/** Told last: a package that is broken is so whoever the reader trusts. */
function requireKnownAgency({ exhibit, signer }: Findings, pinned: ReaderPolicy | null): void {
  if (pinned === null || pinned.agencies === null || signer.isPinned) return;
  const detail = `the policy given names agencies, and not ${exhibit.manifest.agencyId}, whose officer signed`;
  throw new LinkFault('signer-certificate', detail, 'undecided');
}

async function readOwnPolicy(examination: Examination): Promise<LogPolicy> {
  if (!examination.bag.payload.has(PATHS.policy)) {
    throw new LinkFault(
      'checkpoint',
      `the package has no ${PATHS.policy}, and no policy was given to check its log by`,
      'undecided',
    );
  }
  const bytes = await requireFile(examination, PATHS.policy, 'checkpoint');
  return holding('checkpoint', ProofError, () => parseClaimedPolicy(bytes).claim, PATHS.policy);
}

function summary(findings: Findings, pinned: ReaderPolicy | null): string {
  const { exhibit, exported, events, erased, policy, head, headersAreRecorded } = findings;
  const { origin, size } = head.checkpoint;
  const witnesses = policy.quorum.kind === 'none' ? 'the policy asks for no witness' : 'the witness quorum is met';
  const headers = headersAreRecorded ? 'the age headers are those handed out' : 'nothing signed covers the age headers';
  return [
    `exhibit ${exhibit.manifest.exhibitId}, manifest ${exhibit.manifestSha256}`,
    `${events} events to ${exported.event.at}, in the log ${origin} at size ${size}`,
    ...erased,
    headers,
    witnesses,
    timeWords(findings.attested, pinned?.authorities ?? null),
    trust(findings, pinned),
  ].join('; ');
}

/** By whose word the keys are what they are. */
function trust({ signer }: Findings, pinned: ReaderPolicy | null): string {
  if (pinned === null)
    return "all keys, the log's too, are the package's own claim: give the policy you trust with --policy";
  const claimed = [...(signer.isPinned ? [] : ['agency']), ...(pinned.platforms === null ? ['platform'] : [])];
  return claimed.length === 0
    ? 'the keys of log, agency and platform are those given'
    : `the log's keys are those given; the keys of ${claimed.join(' and ')} are the package's own claim`;
}

/** What is attested of the time, and by whose word. */
function timeWords(attested: readonly AttestedTime[], pinned: PinnedAuthorities | null): string {
  if (attested.length === 0) return 'nothing attests the time';
  const times = attested.map(
    ({ part, genTime, tsaName, holdsUntil }) =>
      `the ${part} was there at ${genTime.toISOString()} (${quoted(tsaName)}, standing until ${holdsUntil.toISOString()})`,
  );
  const whose = pinned === null ? "an authority that is the package's own claim" : 'an authority of those given';
  return `${times.join(' and ')} by the word of ${whose}`;
}

function noneChecked(): Checked {
  return {
    bagFiles: 0,
    certificates: 0,
    signatures: 0,
    files: 0,
    chunks: 0,
    bytes: 0,
    events: 0,
    erased: 0,
    proofs: 0,
    cosignatures: 0,
    timestamps: 0,
    pinnedTimestamps: 0,
    pinnedKeys: 0,
  };
}
