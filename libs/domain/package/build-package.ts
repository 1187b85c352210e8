import { CustodyEvent } from '#domain/custody';
import type { FileId } from '#domain/evidence';
import {
  ManifestError,
  canonicalJson,
  parseStrictJson,
  readManifest,
  type Manifest,
  type PublicJwk,
  type PublishedKeys,
} from '#domain/manifest';
import { formatLogPolicy, type VerifierKey } from '#domain/merkle';
import { SealingError, parseHeader } from '#domain/sealing';
import { TimestampError, formatPemCertificates, grantedResponse, tokenIn } from '#domain/time';
import { bagInfoOf } from './bag-facts.js';
import { BagWriter } from './bag/write-bag.js';
import type { Hashers } from './hasher.js';
import {
  PATHS,
  STAMPED_PARTS,
  type StampedPart,
  certificatePath,
  evidencePath,
  evidenceRecordPath,
  proofPath,
  timestampPath,
} from './layout.js';
import { MAX_HEADER_BYTES } from './limits.js';
import { PackageError } from './package-error.js';
import type { Bytes, PackageWriter } from './ports.js';
import { README_HTML } from './readme.js';
import { type ErasedLine, formatRecordLine, type RecordLine } from './record-line.js';

/** An evidence file: with the header for the exporter's agency its stored object is a file that any age tool opens. */
export interface PackagedFile {
  readonly fileId: FileId;
  /** age header, whole. */
  readonly header: Uint8Array;
  /** The stored object; asked for once. */
  readonly payload: () => Bytes;
}

export interface PackagedEvent extends RecordLine {
  /** `.tlog-proof` of the event, under the checkpoint of the package. */
  readonly proof: Uint8Array;
}

export interface PackagedErasure extends ErasedLine {
  readonly proof: Uint8Array;
}

/** All that a court package is made of. */
export interface PackageContent {
  /** General JWS of the manifest, sealed. */
  readonly manifest: unknown;
  /** One for each file of the manifest, in any order. */
  readonly files: Iterable<PackagedFile>;
  /** The record of the exhibit, whole, from its first event to the export that this package is. */
  readonly events: readonly (PackagedEvent | PackagedErasure)[];
  /** Signed note. */
  readonly checkpoint: Uint8Array;
  /** Null where nothing attests the time: there is no authority, or it was away. */
  readonly timestamps: PackagedTimestamps | null;
  readonly logKey: VerifierKey;
  /** Other keys that the log signs its heads with. */
  readonly moreLogKeys?: readonly VerifierKey[];
  readonly keys: PackagedKeys;
  /** Name and version of what makes it. */
  readonly software: string;
}

/** Attested time. At least one of the two is there. */
export interface PackagedTimestamps {
  /** Over the bytes of the checkpoint: bounds, from above, when every event was there. */
  readonly checkpoint: PackagedTimestamp | null;
  /** Over the payload of the manifest. */
  readonly manifest: PackagedTimestamp | null;
  /** DER of the root certificates that their paths end at, and of no others. */
  readonly roots: readonly Uint8Array[];
}

export interface PackagedTimestamp {
  /** RFC 3161, with its certificates: a token, or the answer that brought it. */
  readonly token: Uint8Array;
  /** RFC 4998, where it was renewed: begins with that token. */
  readonly evidenceRecord: Uint8Array | null;
}

export interface PackagedKeys {
  /** JWS: the agency's certificate of the officer who signed. */
  readonly officerCertificate: unknown;
  /** JWS: the statement of the agency's keys by which that was signed. */
  readonly agencyStatement: unknown;
  /** All keys that the agency had, the first first, where it has changed them: how the one that an agreement lists leads to that one. */
  readonly keyHistory?: readonly PublishedKeys[];
  /** JWS of the agreements under which the exporter has the exhibit; none inside the agency that holds it. */
  readonly agreements: readonly unknown[];
  /** The platform's key, by which the manifest is sealed. */
  readonly platform: PublicJwk;
}

/**
 * Writes a court package (surface.md), reading each stored object once. Same content, same bytes. It checks that the parts belong
 * together, not that they are true: `verifyPackage` does that, and whoever hands a package out runs it first.
 *
 * @throws PackageError 'bad-input'; what the writer and the payloads throw. What is written by then has no `bagit.txt`: it is no bag
 */
export async function buildPackage(content: PackageContent, writer: PackageWriter, hashers: Hashers): Promise<void> {
  const { statement: manifest } = readSealed(content.manifest);
  const exported = readExport(content.events, manifest);
  const bag = new BagWriter(writer, hashers);
  await addEvidence(bag, manifest, content.files);
  await bag.add(PATHS.manifest, canonicalJson(content.manifest));
  await bag.add(PATHS.events, recordLines(content.events));
  for (const { index, proof } of content.events) await bag.add(proofPath(index), proof);
  await bag.add(PATHS.checkpoint, content.checkpoint);
  if (content.timestamps !== null) await addTimestamps(bag, content.timestamps);
  await bag.add(
    PATHS.policy,
    new TextEncoder().encode(formatLogPolicy([content.logKey, ...(content.moreLogKeys ?? [])])),
  );
  await addKeys(bag, manifest, content.keys);
  await bag.add(PATHS.readme, new TextEncoder().encode(README_HTML));
  await bag.finish(bagInfoOf(manifest, exported, content.software));
}

function readSealed(jws: unknown): { statement: Manifest } {
  try {
    return readManifest(jws);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new PackageError('bad-input', `the manifest: ${error.message}`, { cause: error });
  }
}

/** The event that the record ends with. */
function readExport(events: readonly (PackagedEvent | PackagedErasure)[], { exhibitId }: Manifest): CustodyEvent {
  const last = events.at(-1);
  const event = last && 'body' in last ? CustodyEvent.safeParse(parsed(last.body)).data : undefined;
  if (event?.kind === 'package-exported' && event.result === 'done' && event.exhibitId === exhibitId) return event;
  throw new PackageError('bad-input', 'the record does not end with an export of the exhibit');
}

function parsed(body: Uint8Array): unknown {
  try {
    return parseStrictJson(body);
  } catch (error) {
    if (error instanceof ManifestError) return undefined;
    throw error;
  }
}

async function addEvidence(bag: BagWriter, { files }: Manifest, given: Iterable<PackagedFile>): Promise<void> {
  const missing = new Map(files.map((file) => [file.id, file]));
  for (const { fileId, header, payload } of given) {
    const file = missing.get(fileId);
    if (file === undefined)
      throw new PackageError('bad-input', `file ${fileId} is not of this exhibit, or comes twice`);
    missing.delete(fileId);
    requireHeader(header, fileId);
    await bag.add(evidencePath(fileId), ageFile(header, payload(), file));
  }
  const [first] = missing.keys();
  if (first !== undefined) throw new PackageError('bad-input', `file ${first} is missing`);
}

function requireHeader(header: Uint8Array, fileId: FileId): void {
  try {
    if (parseHeader(header).headerSizeBytes === header.length && header.length <= MAX_HEADER_BYTES) return;
  } catch (error) {
    if (!(error instanceof SealingError)) throw error;
  }
  throw new PackageError('bad-input', `file ${fileId}: the age header is not one, alone and whole`);
}

async function* ageFile(header: Uint8Array, payload: Bytes, file: Manifest['files'][number]): Bytes {
  yield header;
  let sizeBytes = 0;
  for await (const piece of payload) {
    sizeBytes += piece.length;
    yield piece;
  }
  if (sizeBytes !== file.sealedSizeBytes) {
    throw new PackageError(
      'bad-input',
      `file ${file.id}: ${sizeBytes} bytes came, the manifest has ${file.sealedSizeBytes}`,
    );
  }
}

function recordLines(events: readonly (PackagedEvent | PackagedErasure)[]): Uint8Array {
  return new TextEncoder().encode(events.map(formatRecordLine).join(''));
}

async function addTimestamps(bag: BagWriter, { roots, ...stamped }: PackagedTimestamps): Promise<void> {
  for (const part of STAMPED_PARTS) {
    const timestamp = stamped[part];
    if (timestamp === null) continue;
    await bag.add(timestampPath(part), timestampFile(timestamp.token, part));
    if (timestamp.evidenceRecord !== null) await bag.add(evidenceRecordPath(part), timestamp.evidenceRecord);
  }
  await bag.add(PATHS.authorities, new TextEncoder().encode(formatPemCertificates(roots)));
}

function timestampFile(token: Uint8Array, part: StampedPart): Uint8Array {
  try {
    return grantedResponse(tokenIn(token));
  } catch (error) {
    if (!(error instanceof TimestampError)) throw error;
    throw new PackageError('bad-input', `the timestamp of the ${part}: ${error.message}`, { cause: error });
  }
}

async function addKeys(bag: BagWriter, { agencyId, officerId }: Manifest, keys: PackagedKeys): Promise<void> {
  await bag.add(certificatePath(`officer-${officerId}`), canonicalJson(keys.officerCertificate));
  const { keyHistory = [] } = keys;
  if (keyHistory.length < 2) await bag.add(certificatePath(`agency-${agencyId}`), canonicalJson(keys.agencyStatement));
  else
    for (const [at, { statement, succession }] of keyHistory.entries()) {
      await bag.add(certificatePath(`agency-${agencyId}-${at + 1}`), canonicalJson(statement));
      if (at > 0) await bag.add(certificatePath(`succession-${agencyId}-${at + 1}`), canonicalJson(succession));
    }
  for (const [at, agreement] of keys.agreements.entries()) {
    await bag.add(certificatePath(`agreement-${at + 1}`), canonicalJson(agreement));
  }
  await bag.add(PATHS.platformKey, canonicalJson(keys.platform));
}
