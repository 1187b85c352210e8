import { base64 } from '@scure/base';
import type { Api } from '#client/api';
import type { SealedPart } from '#client/seal';
import type { UploadView } from '#domain/contract';
import { type FileId, partCount, partSizeBytes } from '#domain/evidence';
import { UploadError } from './upload-error.js';

/** What is told of an upload while it goes on. */
export interface UploadProgress {
  /** Bytes of sealed objects that the server has now and had not been counted. */
  advance(sizeBytes: number): void;
}

/** A sealed file on its way: made as it goes, or read from a draft. */
export interface OutgoingFile {
  readonly fileId: FileId;
  readonly sealedSizeBytes: number;
  /** Calls `take` with each part in order; several may be taken at a time. Resolves when all are. */
  parts(take: (part: SealedPart) => Promise<void>): Promise<void>;
  /** Before a part is sent or passed over: refuses one that is not what was sent before under this number. Durable on return. */
  beforePart?(part: SealedPart): Promise<void>;
}

/**
 * Sends what the server does not have of a file, then has it stored. Safe to do again after any interruption.
 *
 * @param there what the server has of it
 * @throws ApiError; UploadError 'server-differs'; what the file's own functions throw
 */
export async function sendFile(
  file: OutgoingFile,
  there: UploadView,
  uploads: Pick<Api['uploads'], 'putPart' | 'complete'>,
  progress: UploadProgress,
  signal?: AbortSignal,
): Promise<void> {
  const { fileId, sealedSizeBytes } = file;
  const received = receivedParts(there, sealedSizeBytes);
  await file.parts(async (part) => {
    signal?.throwIfAborted();
    await file.beforePart?.(part);
    if (!received.has(part.number)) {
      const { number, bytes, sha256 } = part;
      await uploads.putPart({ fileId, number, bytes, sha256Base64: base64.encode(sha256) }, signal);
    }
    progress.advance(part.bytes.length);
  });
  if (there.state !== 'stored' && partCount(sealedSizeBytes) > 1) await uploads.complete(fileId);
}

/** The numbers of the parts that need not be sent. @throws UploadError 'server-differs' */
function receivedParts(there: UploadView, sealedSizeBytes: number): ReadonlySet<number> {
  if (there.sealedSizeBytes !== sealedSizeBytes) {
    throw new UploadError('server-differs', `the server expects another size of the file ${there.fileId}`);
  }
  const count = partCount(sealedSizeBytes);
  if (there.state === 'stored') return new Set(Array.from({ length: count }, (_, at) => at + 1));
  const whole = there.received.filter(({ number, sizeBytes }) => partSizeBytes(sealedSizeBytes, number) === sizeBytes);
  return new Set(whole.map(({ number }) => number));
}
