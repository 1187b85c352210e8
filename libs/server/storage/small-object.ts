import { StoreError } from './store-error.js';

/** What fits in memory without thought: the chunk hashes of the largest object are 5 MiB. */
const SMALL_OBJECT_MAX_BYTES = 64 * 1024 * 1024;

/** @throws StoreError 'bad-argument' unless an object of this size is put and got in one piece. */
export function checkSmall(key: string, sizeBytes: number): void {
  if (sizeBytes < 1 || sizeBytes > SMALL_OBJECT_MAX_BYTES) {
    throw new StoreError('bad-argument', `${key}: ${sizeBytes} bytes are no small object`);
  }
}
