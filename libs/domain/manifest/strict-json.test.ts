import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codeOf } from '../../../test/support/code-of.js';
import { canonicalJson, parseStrictJson } from './index.js';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string): unknown => parseStrictJson(utf8(text));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(isOurs(JSON.parse(text)));
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('reads or refuses any text as JSON.parse does, when it is not stricter', () => {
    const fragment = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      '\\n',
      '1',
      '-',
      '0',
      '.5',
      'e3',
      'true',
      'nul',
      ' ',
      '\t',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          expect(() => parse(text)).toThrow();
          return;
        }
        try {
          expect(parse(text)).toEqual(value);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^json-(duplicate-member|number)$/) });
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each<[string, string, unknown]>([
    ['space around', ' \t\r\n{"a" : [ 1 , -0.5e-1 ] } \n', { a: [1, -0.05] }],
    ['escapes', String.raw`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, '"\\/\b\f\n\r\té😀'],
    ['any script', '{"اسم":"صورة ١"}', { اسم: 'صورة ١' }],
    ['the largest integer', '9007199254740991', 2 ** 53 - 1],
    ['the smallest number', '5e-324', 5e-324],
    ['zero, however written', '[0,-0,0.000,0e99]', [0, -0, 0, 0]],
    ['64 levels', nested(64), JSON.parse(nested(64))],
    ['members that objects have by birth', '{"toString":1,"hasOwnProperty":2}', { toString: 1, hasOwnProperty: 2 }],
  ])('takes %s', (_, text, value) => {
    expect(parse(text)).toEqual(value);
  });

  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', 'json-syntax'],
    ['what is cut', '{"a":1', 'json-syntax'],
    ['a text that is cut', '{"a":"b', 'json-syntax'],
    ['a comma too many', '[1,]', 'json-syntax'],
    ['a comma after the last member', '{"a":1,}', 'json-syntax'],
    ['a comment', '{/**/}', 'json-syntax'],
    ['single quotes', "{'a':1}", 'json-syntax'],
    ['NaN', 'NaN', 'json-syntax'],
    ['a leading zero', '01', 'json-trailing'],
    ['a plus', '+1', 'json-syntax'],
    ['a point without digits', '1.', 'json-trailing'],
    ['an escape that is none', String.raw`"\x41"`, 'json-syntax'],
    ['a line break in a text', '"a\nb"', 'json-syntax'],
    ['a no-break space', '\u00a01', 'json-syntax'],
    ['a second value', '{} {}', 'json-trailing'],
    ['a NUL after the end', '{}\0', 'json-trailing'],
    ['a byte order mark', '\ufeff{}', 'json-bom'],
    ['UTF-16', new Uint8Array([0x7b, 0x00, 0x7d, 0x00]), 'json-syntax'],
    ['bytes that are not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'json-not-utf8'],
    ['an overlong form', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), 'json-not-utf8'],
    ['a surrogate in UTF-8', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), 'json-not-utf8'],
    ['half of a pair', String.raw`"\ud83d"`, 'json-lone-surrogate'],
    ['the other half', String.raw`"\ude00\ud83d"`, 'json-lone-surrogate'],
    ['half of a pair in a name', String.raw`{"\ud83d":1}`, 'json-lone-surrogate'],
    ['U+0000', String.raw`"a\u0000b"`, 'json-nul'],
    ['a member twice', '{"a":1,"a":1}', 'json-duplicate-member'],
    ['a member twice, once escaped', String.raw`{"a":1,"\u0061":2}`, 'json-duplicate-member'],
    ['a member twice, deep', '[{"b":{"a":1,"c":2,"a":3}}]', 'json-duplicate-member'],
    ['__proto__', '{"__proto__":{"admin":true}}', 'json-forbidden-member'],
    ['__proto__, escaped', String.raw`{"\u005f_proto__":1}`, 'json-forbidden-member'],
    ['constructor', '{"constructor":{"prototype":{}}}', 'json-forbidden-member'],
    ['1e400', '[1e400]', 'json-number'],
    ['an integer beyond 2^53', '9007199254740993', 'json-number'],
    ['the same with a fraction of zero', '9007199254740993.0', 'json-number'],
    ['the same as an exponent', '1e30', 'json-number'],
    ['a number that becomes zero', '1e-400', 'json-number'],
    ['65 levels', nested(65), 'json-too-deep'],
    ['100 000 levels', '['.repeat(100_000), 'json-too-deep'],
    ['100 000 levels of objects', '{"a":'.repeat(100_000), 'json-too-deep'],
  ])('refuses %s', async (_, input, code) => {
    expect(await codeOf(() => parseStrictJson(typeof input === 'string' ? utf8(input) : input))).toBe(code);
  });

  it('takes long input in time that grows with it', () => {
    const text = JSON.stringify({ a: 'x'.repeat(1_000_000), b: 'é\\"'.repeat(200_000), c: Array(200_000).fill(12.5) });
    expect(parse(text)).toEqual(JSON.parse(text));
    expect(() => parse(`"${'\\'.repeat(999_999)}`)).toThrow();
    expect(() => parse('1'.repeat(1_000_000))).toThrow();
  });
});

describe('canonical JSON', () => {
  it('is read back as the same, and is its own canonical form', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(isOurs(value));
        const bytes = canonicalJson(value);
        expect(canonicalJson(parseStrictJson(bytes))).toEqual(bytes);
        expect(JSON.stringify(parseStrictJson(bytes), sorted)).toBe(JSON.stringify(value, sorted));
      }),
    );
  });

  it('does not depend on the order of members, and leaves out what is undefined', () => {
    const text = new TextDecoder().decode(canonicalJson({ b: 1, a: undefined, '€': [null, true], A: 'é' }));
    expect(text).toBe('{"A":"é","b":1,"€":[null,true]}');
  });

  const loop: unknown[] = [];
  loop.push(loop);
  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'not-json'],
    ['a function', { a: () => 1 }, 'not-json'],
    ['a big integer', [1n], 'not-json'],
    ['a symbol', [Symbol('a')], 'not-json'],
    ['undefined in a list', [undefined], 'not-json'],
    ['a hole in a list', new Array(1), 'not-json'],
    ['bytes', { a: new Uint8Array(2) }, 'not-json'],
    ['a date', new Date(0), 'not-json'],
    ['a map', new Map(), 'not-json'],
    ['an object with a form of its own', { toJSON: () => 1 }, 'not-json'],
    ['NaN', Number.NaN, 'json-number'],
    ['infinity', [Infinity], 'json-number'],
    ['an integer beyond 2^53', 2 ** 53, 'json-number'],
    ['half of a surrogate pair', 'a\ud800', 'json-lone-surrogate'],
    ['half of a surrogate pair in a name', { '\udc00': 1 }, 'json-lone-surrogate'],
    ['U+0000', 'a\0', 'json-nul'],
    ['__proto__', JSON.parse('{"__proto__":1}'), 'json-forbidden-member'],
    ['a list within itself', loop, 'json-too-deep'],
  ])('refuses %s', async (_, value, code) => {
    expect(await codeOf(() => canonicalJson(value))).toBe(code);
  });
});

/** Whether generated JSON is free of what is refused on purpose. */
function isOurs(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value === 'string') return !value.includes('\0') && !/\p{Surrogate}/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(
    ([name, member]) => isOurs(name) && isOurs(member) && !['__proto__', 'constructor', 'toJSON'].includes(name),
  );
}

function sorted(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
