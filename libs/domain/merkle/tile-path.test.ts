import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entryBundlePath, parseTilePath, tilePath } from './tile-path.js';

const index = fc.oneof(fc.nat(2000), fc.maxSafeNat());
const width = fc.integer({ min: 1, max: 256 });

describe('tile paths', () => {
  it.each([
    [{ kind: 'tile', level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ kind: 'tile', level: 0, index: 0, width: 1 }, 'tile/0/000.p/1'],
    [{ kind: 'tile', level: 1, index: 999, width: 255 }, 'tile/1/999.p/255'],
    [{ kind: 'tile', level: 0, index: 1000, width: 256 }, 'tile/0/x001/000'],
    [{ kind: 'tile', level: 63, index: 1234067, width: 8 }, 'tile/63/x001/x234/067.p/8'],
    [{ kind: 'tile', level: 0, index: 9007199254740991, width: 256 }, 'tile/0/x009/x007/x199/x254/x740/991'],
    [{ kind: 'entries', index: 0, width: 256 }, 'tile/entries/000'],
    [{ kind: 'entries', index: 1234067, width: 17 }, 'tile/entries/x001/x234/067.p/17'],
  ] as const)('%j is %s', (resource, path) => {
    expect(resource.kind === 'tile' ? tilePath(resource) : entryBundlePath(resource)).toBe(path);
    expect(parseTilePath(path)).toEqual(resource);
  });

  it('come back as they went', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 63 }), index, width, (level, index, width) => {
        expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ kind: 'tile', level, index, width });
        expect(parseTilePath(entryBundlePath({ index, width }))).toEqual({ kind: 'entries', index, width });
      }),
    );
  });

  it.each([
    '',
    'tile',
    'tile/0',
    '/tile/0/000',
    'tile/0/000/',
    'tile/0/000\n',
    'tile//000',
    'tile/64/000',
    'tile/00/000',
    'tile/01/000',
    'tile/-1/000',
    'tile/+1/000',
    'tile/1e1/000',
    'tile/Entries/000',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/0/x000',
    'tile/0/x000/001', // 1 is 001
    'tile/0/001/000',
    'tile/0/x001/x000',
    'tile/0/X001/000',
    'tile/0/x1/000',
    'tile/0/x001//000',
    'tile/0/x009/x007/x199/x254/x740/992', // 2^53
    'tile/0/x001/x009/x007/x199/x254/x740/991',
    'tile/0/000.p',
    'tile/0/000.p/',
    'tile/0/000.p/0',
    'tile/0/000.p/01',
    'tile/0/000.p/256',
    'tile/0/000.p/999',
    'tile/0/000.p/1000',
    'tile/0/000.p/-1',
    'tile/0/000.p/1.p/1',
    'tile/0/000.q/1',
    'tile/0/٠٠٠',
    'tile/0/../000',
    'tile/entries/../0/000',
    '../tile/0/000',
    'tile/0/000%00',
    'checkpoint',
  ])('refuse %j', (path) => {
    expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: 'bad-tile-path' }));
  });

  it('refuse a path of a million elements at once', () => {
    expect(() => parseTilePath(`tile/0/${'x000/'.repeat(1_000_000)}000`)).toThrow(
      expect.objectContaining({ code: 'bad-tile-path' }),
    );
  });

  it.each([
    { level: 64, index: 0, width: 1 },
    { level: -1, index: 0, width: 1 },
    { level: 0.5, index: 0, width: 1 },
    { level: 0, index: -1, width: 1 },
    { level: 0, index: 2 ** 53, width: 1 },
    { level: 0, index: 0, width: 0 },
    { level: 0, index: 0, width: 257 },
    { level: 0, index: 0, width: NaN },
  ])('are not made of %j', (tile) => {
    expect(() => tilePath(tile)).toThrow(expect.objectContaining({ code: 'bad-tile-path' }));
  });
});
