import { base64 } from '@scure/base';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Api } from '#client/api';
import { CHUNK_SIZE_BYTES, type RetrievalId } from '#domain/evidence';
import type { ManifestFile } from '#domain/manifest';
import {
  type Aead,
  PAYLOAD_NONCE_SIZE_BYTES,
  SealingError,
  chunkTreeRoot,
  decodeLeafHashes,
  openHeader,
} from '#domain/sealing';
import { type DownloadTools, type StoredObject, downloadRange, downloadWindows } from './download-windows.js';
import { FetchError } from './fetch-error.js';
import type { OpeningEngine, PartialFile } from './opening-engine.js';
import { type FetchStart, fetchStart } from './window-opener.js';

export interface FetchTools extends Omit<DownloadTools, 'retrievals'> {
  readonly retrievals: Pick<Api['retrievals'], 'payload' | 'leaves'>;
  readonly engine: OpeningEngine;
  readonly aead: Aead;
}

/** A file to be fetched under a retrieval. */
export interface WantedFile {
  readonly retrievalId: RetrievalId;
  readonly file: ManifestFile;
  /** age header for the own agency, base64. */
  readonly header: string;
}

/**
 * Fetches one file: what an earlier attempt left is kept, the rest downloaded, every chunk checked before use, deciphered, and
 * the whole compared with the digest in the manifest before it gets its name.
 *
 * @param identities `AGE-SECRET-KEY-1…` of the own agency
 * @throws FetchError; ApiError, with what has arrived kept for the next attempt
 */
export async function fetchFile(
  wanted: WantedFile,
  identities: readonly string[],
  target: PartialFile,
  tools: FetchTools,
): Promise<void> {
  const { file } = wanted;
  const start = fetchStart(await target.sizeBytes(), file);
  tools.progress.advance(start.storedBytes);
  if ((await fetchFrom(start, wanted, identities, target, tools)) === file.sha256) return target.finish();
  // What was left there is not what we wrote: everything anew, once.
  const fromStart = fetchStart(0, file);
  const isResumed = start.plainBytes > 0;
  if (isResumed && (await fetchFrom(fromStart, wanted, identities, target, tools)) === file.sha256)
    return target.finish();
  throw new FetchError('digest-mismatch', 'what was decrypted has not the SHA-256 that the manifest signs', file.name);
}

/** @returns the plaintext's SHA-256, hexadecimal */
async function fetchFrom(
  start: FetchStart,
  { retrievalId, file, header }: WantedFile,
  identities: readonly string[],
  target: PartialFile,
  tools: FetchTools,
): Promise<string> {
  const object = { retrievalId, fileId: file.id, sealedSizeBytes: file.sealedSizeBytes };
  const leafHashes = await leafHashesOf(file, retrievalId, tools);
  const fileKey = fileKeyOf(file, header, identities, tools.aead);
  const payloadNonce = start.storedBytes === 0 && start.plainBytes === 0 ? null : await nonceOf(object, tools);
  const keys = { fileKey, payloadNonce, leafHashes };
  const opening = await tools.engine.begin({ file, keys, start, target });
  try {
    const windows = downloadWindows(object, start.storedBytes, (sizeBytes) => opening.room(sizeBytes), tools);
    for await (const window of windows) await opening.open(window);
  } catch (cause) {
    await opening.abandon();
    throw cause;
  }
  return bytesToHex(await opening.finish());
}

async function nonceOf(object: StoredObject, tools: FetchTools): Promise<Uint8Array> {
  const quiet = { ...tools, progress: { advance: () => undefined } };
  const range = { startBytes: 0, endBytes: PAYLOAD_NONCE_SIZE_BYTES };
  return downloadRange(object, range, new Uint8Array(PAYLOAD_NONCE_SIZE_BYTES), quiet);
}

/** The object's leaf hashes, which lead to the root that the manifest signs. Of an object of one chunk the root is the leaf. */
async function leafHashesOf(
  { id, name, sealedSizeBytes, chunkTreeRoot: signedRoot }: ManifestFile,
  retrievalId: RetrievalId,
  { retrievals }: FetchTools,
): Promise<readonly Uint8Array[]> {
  if (sealedSizeBytes <= CHUNK_SIZE_BYTES) return [hexToBytes(signedRoot)];
  const bytes = await retrievals.leaves(retrievalId, id);
  try {
    const leafHashes = decodeLeafHashes(bytes);
    if (bytesToHex(chunkTreeRoot(leafHashes, sealedSizeBytes)) === signedRoot) return leafHashes;
  } catch (cause) {
    if (!(cause instanceof SealingError)) throw cause;
  }
  throw new FetchError('chunk-tree-mismatch', 'its leaf hashes do not lead to the root that the manifest signs', name);
}

function fileKeyOf({ name }: ManifestFile, header: string, identities: readonly string[], aead: Aead): Uint8Array {
  try {
    return openHeader(base64.decode(header), identities, aead);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'the header is not base64';
    throw new FetchError('cannot-open', `its header does not open with the agency's keys: ${why}`, name);
  }
}
