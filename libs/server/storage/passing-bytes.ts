import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Half of what V8 lets gather outside its heap before it collects the whole of it. */
const YOUNG_COLLECTION_EVERY_BYTES = 32 * 1024 * 1024;

let passedBytes = 0;
let collect: ((options: { type: 'minor' }) => void) | undefined;

/**
 * Counts bytes that were only passing through. Buffers lie outside V8's heap, and for every 64 MiB of them it marks the whole heap,
 * which here cost more than moving the bytes. Nearly all of them are dead and young by then: a collection of the young alone frees
 * them in a millisecond, if it is asked for in time.
 */
export function countPassing(sizeBytes: number): void {
  passedBytes += sizeBytes;
  if (passedBytes < YOUNG_COLLECTION_EVERY_BYTES) return;
  passedBytes = 0;
  collect ??= youngCollection();
  collect({ type: 'minor' });
}

function youngCollection(): (options: { type: 'minor' }) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: { type: 'minor' }) => void;
}
