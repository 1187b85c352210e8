/** Leaf of the chunk tree over a stored object, in bytes. */
export const CHUNK_SIZE_BYTES = 1024 * 1024;

/** Upload part, in bytes: every part of an object but the last has exactly this size; a whole number of chunks. */
export const PART_SIZE_BYTES = 16 * CHUNK_SIZE_BYTES;

/** The largest object S3 takes (5 TiB is its limit; 10 000 parts of ours are fewer), in bytes. */
export const MAX_SEALED_SIZE_BYTES = 10_000 * PART_SIZE_BYTES;

/** How many parts an object of this size has. A sealed object is never empty: even zero bytes seal to 32. */
export function partCount(sealedSizeBytes: number): number {
  return Math.max(1, Math.ceil(sealedSizeBytes / PART_SIZE_BYTES));
}

/** Size in bytes of part `number` (from 1) of an object. */
export function partSizeBytes(sealedSizeBytes: number, number: number): number {
  return Math.min(PART_SIZE_BYTES, sealedSizeBytes - (number - 1) * PART_SIZE_BYTES);
}
