import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHUNK_SIZE_BYTES, MAX_SEALED_SIZE_BYTES, PART_SIZE_BYTES, partCount, partSizeBytes } from './sizes.js';

describe('upload parts', () => {
  it('are a whole number of chunks, so that a part is checked without its neighbours', () => {
    expect(PART_SIZE_BYTES % CHUNK_SIZE_BYTES).toBe(0);
  });

  it.each([
    [32, 1, 32],
    [PART_SIZE_BYTES - 1, 1, PART_SIZE_BYTES - 1],
    [PART_SIZE_BYTES, 1, PART_SIZE_BYTES],
    [PART_SIZE_BYTES + 1, 2, 1],
    [MAX_SEALED_SIZE_BYTES, 10_000, PART_SIZE_BYTES],
  ])('an object of %d bytes has %d, the last of %d bytes', (size, count, last) => {
    expect(partCount(size)).toBe(count);
    expect(partSizeBytes(size, count)).toBe(last);
  });

  it('add up to the object', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 * PART_SIZE_BYTES }), (size) => {
        const sizes = Array.from({ length: partCount(size) }, (_, index) => partSizeBytes(size, index + 1));
        expect(sizes.reduce((sum, part) => sum + part, 0)).toBe(size);
        expect(sizes.every((part) => part > 0 && part <= PART_SIZE_BYTES)).toBe(true);
      }),
    );
  });
});
