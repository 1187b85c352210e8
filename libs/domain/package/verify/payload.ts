import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ChainedEvent } from '#domain/custody';
import { CHUNK_SIZE_BYTES } from '#domain/evidence';
import type { ManifestFile } from '#domain/manifest';
import { PAYLOAD_NONCE_SIZE_BYTES, SealingError, parseHeader } from '#domain/sealing';
import type { BagFile } from '../bag/read-bag.js';
import { fileHeadersSha256, type FileHeader } from '../file-headers.js';
import type { Measured } from '../hasher.js';
import { evidencePath, partKindOf } from '../layout.js';
import { MAX_HEADER_BYTES } from '../limits.js';
import { readStart } from '../read-bytes.js';
import { LinkFault } from '../verdict.js';
import { openListed, type Examination } from './examination.js';
import type { Exhibit } from './exhibit.js';
import { digestFault } from './fixity.js';

/**
 * Every file of the manifest is there, and no other: an age header, then the stored object that was signed, by its size, its nonce and
 * its chunk tree; the file as a whole by the bag's digests. Files are read once, several at a time where the hasher can.
 * @throws LinkFault 'payload' naming the first file, in the order of the manifest, that is not as signed
 */
export async function checkPayload(examination: Examination, { manifest }: Exhibit): Promise<readonly FileHeader[]> {
  const { bag, hasher, checked } = examination;
  const headers: FileHeader[] = [];
  const expected = new Set(manifest.files.map(({ id }) => evidencePath(id)));
  for (const path of bag.payload.keys()) {
    if (partKindOf(path) === 'evidence' && !expected.has(path))
      throw fault(`${path} is not of the exhibit: the manifest has no such file`);
  }
  await inOrder(
    manifest.files,
    hasher.parallelism,
    async (file, signal) => {
      headers.push({ fileId: file.id, headerSha256: await checkFile(examination, file, signal) });
    },
    ({ sealedSizeBytes }) => {
      checked.files += 1;
      checked.bagFiles += 1;
      checked.chunks += Math.ceil(sealedSizeBytes / CHUNK_SIZE_BYTES);
      checked.bytes += sealedSizeBytes;
    },
  );
  return headers;
}

/**
 * The headers are those that the event of the export says were handed out.
 * @returns whether it says so at all
 * @throws LinkFault 'payload'
 */
export function checkHeaders(headers: readonly FileHeader[], { index, event: { detail } }: ChainedEvent): boolean {
  const said = detail?.headersSha256;
  if (said === undefined) return false;
  if (said === fileHeadersSha256(headers)) return true;
  throw fault(`data/evidence: the age headers are not those that were handed out, as index ${index} has them`);
}

/** @returns SHA-256 of its age header, which is checked for its form alone */
async function checkFile(examination: Examination, file: ManifestFile, signal: AbortSignal): Promise<string> {
  const { bag, hasher } = examination;
  const path = evidencePath(file.id);
  const listed = bag.payload.get(path);
  if (listed === undefined) throw fault(`${path} is missing: the manifest has this file`);
  const start = await readStart(openListed(examination, listed), MAX_HEADER_BYTES + PAYLOAD_NONCE_SIZE_BYTES);
  const headerSizeBytes = sizeOfHeader(start, path);
  requireSealedSize(listed.sizeBytes - headerSizeBytes, file, path);
  const nonce = start.subarray(headerSizeBytes, headerSizeBytes + PAYLOAD_NONCE_SIZE_BYTES);
  if (bytesToHex(sha256(nonce)) !== file.payloadNonceSha256)
    throw fault(`${path}: the nonce of the stored object is not the one signed`);
  const measured = await hasher.measure({ path, open: () => openListed(examination, listed), headerSizeBytes }, signal);
  requireSealedSize(measured.sizeBytes - headerSizeBytes, file, path);
  requireContent(measured, file, listed);
  return bytesToHex(sha256(start.subarray(0, headerSizeBytes)));
}

function sizeOfHeader(start: Uint8Array, path: string): number {
  try {
    return parseHeader(start).headerSizeBytes;
  } catch (error) {
    if (!(error instanceof SealingError)) throw error;
    throw fault(`${path}: ${error.message}`);
  }
}

function requireSealedSize(sizeBytes: number, { sealedSizeBytes }: ManifestFile, path: string): void {
  if (sizeBytes === sealedSizeBytes) return;
  throw fault(`${path}: ${sizeBytes} bytes follow the age header, the manifest has ${sealedSizeBytes}`);
}

function requireContent(measured: Measured, file: ManifestFile, listed: BagFile): void {
  const root = measured.chunkTreeRoot === null ? null : bytesToHex(measured.chunkTreeRoot);
  if (root !== file.chunkTreeRoot) {
    throw fault(`${listed.path}: the stored object was altered: its chunk tree has not the root that was signed`);
  }
  const difference = digestFault(measured, listed);
  if (difference === null) return;
  throw fault(`${listed.path}: the stored object is the one signed, but ${difference}: the age header was altered`);
}

/** Works at several items at once and settles them one after the other, so that the first fault is always the same one. */
async function inOrder<Item>(
  items: readonly Item[],
  parallelism: number,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
  settle: (item: Item) => void,
): Promise<void> {
  const stop = new AbortController();
  const underWay: { item: Item; done: Promise<void> }[] = [];
  const settleFirst = async () => {
    const first = underWay[0];
    if (first === undefined) return;
    await first.done;
    settle(first.item);
    underWay.shift();
  };
  try {
    for (const item of items) {
      const done = work(item, stop.signal);
      done.catch(() => undefined); // awaited in its turn
      underWay.push({ item, done });
      if (underWay.length >= parallelism) await settleFirst();
    }
    while (underWay.length > 0) await settleFirst();
  } finally {
    stop.abort();
    await Promise.allSettled(underWay.map(({ done }) => done));
  }
}

const fault = (detail: string) => new LinkFault('payload', detail);
