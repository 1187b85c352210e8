import { ProofError, parseLogPolicy, type LogPolicy, type VerifiedCheckpoint } from '#domain/merkle';
import { BagError } from './bag/bag-error.js';
import { quoted } from './bag/bag-path.js';
import { readBag, type Bag } from './bag/read-bag.js';
import type { PackageHasher } from './hasher.js';
import { PATHS, linksOf, maxSizeBytesOf, partKindOf } from './layout.js';
import { PackageError } from './package-error.js';
import type { PackageReader } from './ports.js';
import { LinkFault, type Checked, type PackageVerdict } from './verdict.js';
import { holding, requireFile, type Examination } from './verify/examination.js';
import { checkManifestSignature, checkSeal, readSignedManifest, type Exhibit } from './verify/exhibit.js';
import { attribute, checkOxum, faultOf, findAlteredFiles, type AlteredFile } from './verify/fixity.js';
import { checkCheckpoint, checkInclusion } from './verify/log.js';
import { checkPayload } from './verify/payload.js';
import { checkRecord, type RecordedEvent } from './verify/record.js';
import { findSigner } from './verify/signer.js';

export interface VerifyOptions {
  /**
   * The policy that the reader trusts (c2sp.org/tlog-policy): keys of logs and witnesses, quorum. Without one the package's own is
   * used, which is but its claim.
   */
  readonly policy?: Uint8Array;
  readonly hasher: PackageHasher;
}

/**
 * Checks a court package, link by link: the bag, the certificate of who signed, the signature, the seal, every byte of evidence, every
 * event, its place in the log, the log's head, its witnesses; last all that is left of the bag. Every bit of every file is covered. Uses
 * no network, memory that does not grow with the evidence, and time in proportion to the package's size. The same package gives the
 * same verdict, to the letter.
 *
 * @throws PackageError 'bad-policy' when the pinned policy is none
 */
export async function verifyPackage(reader: PackageReader, { policy, hasher }: VerifyOptions): Promise<PackageVerdict> {
  const checked = noneChecked();
  try {
    const pinned = policy === undefined ? null : parsePinned(policy);
    const bag = await readStructure(reader);
    checked.bagFiles += bag.tagFiles;
    const detail = await examine({ reader, bag, hasher, checked }, pinned);
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
async function examine(examination: Examination, pinned: LogPolicy | null): Promise<string> {
  const findings = await checkChain(examination, pinned).catch(async (error: unknown) => {
    throw error instanceof LinkFault ? attribute(error, await alteredWhereReadable(examination)) : error;
  });
  const [altered] = await findAlteredFiles(examination);
  if (altered !== undefined) throw faultOf(altered);
  checkOxum(examination);
  return summary(findings, pinned !== null);
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
  readonly events: readonly RecordedEvent[];
  readonly policy: LogPolicy;
  readonly head: VerifiedCheckpoint;
}

/** The chain itself. @throws LinkFault at its first link that does not hold */
async function checkChain(examination: Examination, pinned: LogPolicy | null): Promise<Findings> {
  const manifest = await readSignedManifest(examination);
  const signer = await findSigner(examination, manifest.read);
  await checkManifestSignature(examination, manifest.jws, signer);
  const exhibit = await checkSeal(examination, manifest);
  await checkPayload(examination, exhibit);
  const events = await checkRecord(examination, exhibit);
  const note = await checkInclusion(examination, events);
  const policy = pinned ?? (await readOwnPolicy(examination));
  const head = checkCheckpoint(examination, note, policy);
  return { exhibit, events, policy, head };
}

function parsePinned(policy: Uint8Array): LogPolicy {
  try {
    return parseLogPolicy(policy);
  } catch (error) {
    if (error instanceof ProofError) throw new PackageError('bad-policy', error.message, { cause: error });
    throw error;
  }
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
  return holding('checkpoint', ProofError, () => parseLogPolicy(bytes), PATHS.policy);
}

function summary({ exhibit, events, policy, head }: Findings, isPinned: boolean): string {
  const last = events.at(-1)?.event;
  const { origin, size } = head.checkpoint;
  const witnesses = policy.quorum.kind === 'none' ? 'the policy asks for no witness' : 'the witness quorum is met';
  const claim = isPinned
    ? "the log's keys are those given; the keys of agency and platform are the package's own claim"
    : "all keys, the log's too, are the package's own claim: give the policy you trust with --policy";
  return (
    `exhibit ${exhibit.manifest.exhibitId}, manifest ${exhibit.manifestSha256}; ` +
    `${events.length} events to ${last?.at ?? ''}, in the log ${origin} at size ${size}; ${witnesses}; ${claim}`
  );
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
    proofs: 0,
    cosignatures: 0,
  };
}
