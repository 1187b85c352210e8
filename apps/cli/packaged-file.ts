import type { RetrievalView } from '#domain/contract';
import { type DownloadTools, FetchError, downloadWindows } from '#client/fetch';
import type { ManifestFile } from '#domain/manifest';
import type { Bytes, PackagedFile } from '#domain/package';
import {
  PAYLOAD_NONCE_SIZE_BYTES,
  SEALED_PAYLOAD_CHUNK_SIZE_BYTES,
  SealingError,
  openHeader,
  openPayload,
} from '#domain/sealing';
import { nodeAead } from './node/aead.js';

/** As much of a stored object as tells whether a key opens it: the nonce, a chunk, and the byte that shows it is not the last. */
const PROBE_BYTES = PAYLOAD_NONCE_SIZE_BYTES + SEALED_PAYLOAD_CHUNK_SIZE_BYTES + 1;

/**
 * A file as it goes into a package: header and stored object as they come, and only if the header opens with the agency's key and the key
 * in it opens the object. A court that was handed another key would find out too late.
 * @throws FetchError 'cannot-open', at once for the header, while it is read for the object
 */
export function packagedFile(
  retrieval: RetrievalView,
  file: ManifestFile,
  identities: readonly string[],
  tools: DownloadTools,
): PackagedFile {
  const text = retrieval.files.find(({ id }) => id === file.id)?.header ?? '';
  const header = new Uint8Array(Buffer.from(text, 'base64'));
  const fileKey = told(file, () => openHeader(header, identities, nodeAead));
  const object = { retrievalId: retrieval.id, fileId: file.id, sealedSizeBytes: file.sealedSizeBytes };
  const windows = () => downloadWindows(object, 0, (sizeBytes) => new Uint8Array(sizeBytes), tools);
  return { fileId: file.id, header, payload: () => probed(windows(), file, fileKey) };
}

/** Windows are far longer than what is probed, so that all of it is in the first. */
async function* probed(windows: Bytes, file: ManifestFile, fileKey: Uint8Array): Bytes {
  const opener = openPayload(fileKey, nodeAead);
  let isProbed = false;
  for await (const window of windows) {
    if (!isProbed)
      told(file, () => {
        opener.update(window.subarray(0, PROBE_BYTES));
        if (file.sealedSizeBytes < PROBE_BYTES) opener.finish();
      });
    isProbed = true;
    yield window;
  }
}

function told<Result>({ name }: ManifestFile, open: () => Result): Result {
  try {
    return open();
  } catch (cause) {
    if (!(cause instanceof SealingError)) throw cause;
    throw new FetchError('cannot-open', `it does not open with the agency's keys: ${cause.message}`, name);
  }
}
