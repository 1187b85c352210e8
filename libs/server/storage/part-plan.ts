import type { StoredPart, Upload } from './evidence-store.js';
import { StoreError } from './store-error.js';

/** The most parts that S3 lets one object have. */
const MAX_PARTS = 10_000;

/** @throws StoreError 'bad-argument' unless the sizes are those of an upload that S3 would take. */
export function checkUploadSize(size: { sealedSizeBytes: number; partSizeBytes: number }): void {
  const { sealedSizeBytes, partSizeBytes } = size;
  const counts = [sealedSizeBytes, partSizeBytes].every((bytes) => Number.isSafeInteger(bytes) && bytes > 0);
  if (!counts || Math.ceil(sealedSizeBytes / partSizeBytes) > MAX_PARTS) {
    throw new StoreError('bad-argument', `no upload of ${sealedSizeBytes} bytes in parts of ${partSizeBytes}`);
  }
}

/**
 * Where a part begins in its object, in bytes. @throws StoreError 'bad-argument' if the upload has no part of that
 * number and size.
 */
export function partOffset(upload: Upload, number: number, sizeBytes: number): number {
  checkUploadSize(upload);
  const offset = (number - 1) * upload.partSizeBytes;
  const due = Math.min(upload.partSizeBytes, upload.sealedSizeBytes - offset);
  if (!Number.isInteger(number) || number < 1 || due <= 0 || sizeBytes !== due) {
    throw new StoreError('bad-argument', `no part ${number} of ${sizeBytes} bytes in this upload`);
  }
  return offset;
}

/**
 * The parts by number. @throws StoreError 'invalid-part' | 'size-mismatch' unless they are all the parts of the upload.
 */
export function inOrder(upload: Upload, parts: readonly StoredPart[]): StoredPart[] {
  checkUploadSize(upload);
  const ordered = [...parts].sort((one, other) => one.number - other.number);
  const gap = ordered.findIndex((part, index) => part.number !== index + 1);
  if (gap !== -1) throw new StoreError('invalid-part', `part ${gap + 1} is missing or there twice`);
  const sizeBytes = ordered.reduce((sum, part) => sum + part.sizeBytes, 0);
  if (sizeBytes !== upload.sealedSizeBytes) {
    throw new StoreError('size-mismatch', `the parts have ${sizeBytes} bytes, the object ${upload.sealedSizeBytes}`);
  }
  for (const part of ordered) partOffset(upload, part.number, part.sizeBytes);
  return ordered;
}
