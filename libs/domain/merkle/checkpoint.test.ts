import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.js';

const root = Uint8Array.from({ length: 32 }, (_, at) => at);
const base64 = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
const good = `custody.example/log/2026a\n109482\n${base64}\n`;

describe('checkpoints', () => {
  it('are three lines', () => {
    expect(formatCheckpoint({ origin: 'custody.example/log/2026a', size: 109482, root })).toBe(good);
    expect(parseCheckpoint(good)).toEqual({ origin: 'custody.example/log/2026a', size: 109482, root });
  });

  it('come back as they went', () => {
    const origin = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\x00-\x1f]/.test(text));
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(origin, fc.maxSafeNat(), hash, (origin, size, root) => {
        expect(parseCheckpoint(formatCheckpoint({ origin, size, root }))).toEqual({ origin, size, root });
      }),
    );
  });

  it('may have extension lines, which are read over or refused, as asked', () => {
    const extended = `${good}extension 1\nextension 2\n`;
    expect(parseCheckpoint(extended)).toEqual(parseCheckpoint(good));
    expect(parseCheckpoint(extended, { extensionLines: 'accept' })).toEqual(parseCheckpoint(good));
    expect(() => parseCheckpoint(extended, { extensionLines: 'refuse' })).toThrow(
      expect.objectContaining({ code: 'extension-lines' }),
    );
    expect(parseCheckpoint(good, { extensionLines: 'refuse' })).toEqual(parseCheckpoint(good));
  });

  it.each([
    ['nothing', ''],
    ['a newline', '\n'],
    ['no origin', good.replace('custody.example/log/2026a', '')],
    ['two lines', 'origin\n1\n'],
    ['no final newline', good.slice(0, -1)],
    ['an empty last line', `${good}\n`],
    ['an empty extension line', `${good}one\n\ntwo\n`],
    ['a size with a leading zero', good.replace('109482', '0109482')],
    ['a size of 00', good.replace('109482', '00')],
    ['a negative size', good.replace('109482', '-1')],
    ['a signed size', good.replace('109482', '+1')],
    ['a hexadecimal size', good.replace('109482', '0x10')],
    ['an exponent', good.replace('109482', '1e3')],
    ['a fraction', good.replace('109482', '1.0')],
    ['a space in the size', good.replace('109482', ' 1')],
    ['other digits', good.replace('109482', '١٢')],
    ['a size of 2^53', good.replace('109482', '9007199254740992')],
    ['a size of 2^64', good.replace('109482', '18446744073709551616')],
    ['no root', good.replace(base64, '')],
    ['a short root', good.replace(base64, 'AAEC')],
    ['a long root', good.replace(base64, `${base64.slice(0, -1)}gIQ==`)],
    ['a root without padding', good.replace('=', '')],
    ['a root with set bits after the last byte', good.replace('8=', '9=')],
    ['a space after the root', good.replace('=', '= ')],
  ])('are refused with %s', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(expect.objectContaining({ code: 'malformed-checkpoint' }));
  });

  it.each([
    [{ origin: '', size: 1, root }, 'malformed-checkpoint'],
    [{ origin: 'a\nb', size: 1, root }, 'malformed-checkpoint'],
    [{ origin: 'a', size: -1, root }, 'bad-size'],
    [{ origin: 'a', size: 2 ** 53, root }, 'bad-size'],
    [{ origin: 'a', size: 1, root: root.subarray(1) }, 'bad-hash'],
  ])('are not written of %j', (checkpoint, code) => {
    expect(() => formatCheckpoint(checkpoint)).toThrow(expect.objectContaining({ code }));
  });
});
