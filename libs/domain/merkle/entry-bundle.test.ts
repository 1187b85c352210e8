import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.js';

const refused = expect.objectContaining({ code: 'bad-entry-bundle' });

describe('entry bundles', () => {
  it('put a big-endian uint16 length before each entry', () => {
    const long = new Uint8Array(0x0102).fill(7);
    const bundle = encodeEntryBundle([Uint8Array.of(1, 2, 3), new Uint8Array(0), long]);
    expect([...bundle.subarray(0, 9)]).toEqual([0, 3, 1, 2, 3, 0, 0, 1, 2]);
    expect(bundle).toHaveLength(2 + 3 + 2 + 2 + 0x0102);
  });

  it('come back as they went, also from the middle of a larger buffer', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(entries, fc.nat(9), (entries, offset) => {
        const bundle = encodeEntryBundle(entries);
        const around = new Uint8Array(bundle.length + offset + 5);
        around.set(bundle, offset);
        const decoded = decodeEntryBundle(around.subarray(offset, offset + bundle.length), entries.length);
        expect(decoded.map((entry) => Uint8Array.from(entry))).toEqual(entries);
      }),
    );
  });

  it('hold entries up to 65535 bytes', () => {
    const largest = new Uint8Array(0xffff);
    expect(decodeEntryBundle(encodeEntryBundle([largest]), 1)).toEqual([largest]);
    expect(() => encodeEntryBundle([new Uint8Array(0x10000)])).toThrow(refused);
  });

  it('hold 1 to 256 entries', () => {
    const entries = (count: number) => Array.from({ length: count }, () => Uint8Array.of(1));
    expect(decodeEntryBundle(encodeEntryBundle(entries(256)), 256)).toHaveLength(256);
    expect(() => encodeEntryBundle([])).toThrow(refused);
    expect(() => encodeEntryBundle(entries(257))).toThrow(refused);
    for (const width of [0, -1, 257, 1.5, NaN])
      expect(() => decodeEntryBundle(Uint8Array.of(0, 0), width)).toThrow(refused);
  });

  it.each([
    ['nothing', [], 1],
    ['half a length', [0], 1],
    ['a length and no entry', [0, 1], 1],
    ['an entry cut short', [0, 3, 1, 2], 1],
    ['fewer entries', [0, 1, 9], 2],
    ['more entries', [0, 1, 9, 0, 1, 9], 1],
    ['a byte too many', [0, 1, 9, 0], 1],
  ])('are refused with %s', (_, bytes, width) => {
    expect(() => decodeEntryBundle(Uint8Array.from(bytes), width)).toThrow(refused);
  });
});
