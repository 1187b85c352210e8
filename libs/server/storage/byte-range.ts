import type { ByteRange } from './evidence-store.js';
import { StoreError } from './store-error.js';

/** @throws StoreError 'bad-range' unless the object has every byte of the range, and the range at least one byte. */
export function resolveRange(range: ByteRange, sizeBytes: number): { start: number; end: number } {
  const { start = 0, end = sizeBytes } = range;
  const whole = start === 0 && end === sizeBytes;
  const counts = Number.isSafeInteger(start) && Number.isSafeInteger(end);
  if (!whole && (!counts || start < 0 || start >= end || end > sizeBytes)) {
    throw new StoreError('bad-range', `no bytes ${start} to ${end} in ${sizeBytes}`);
  }
  return { start, end };
}
