import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codeOf } from '../../../../test/support/code-of.js';
import { comparePaths, decodePath, encodePath, quoted, requireSafePath } from './bag-path.js';
import { formatChecksumList, parseChecksumList } from './checksum-list.js';

const KIND = { name: 'manifest-sha256.txt', digestSizeBytes: 32 };
const HEX = 'a1'.repeat(32);
const parse = (text: string | Uint8Array) =>
  parseChecksumList(typeof text === 'string' ? Buffer.from(text) : text, KIND);

describe('a list of checksums', () => {
  const safePath = fc
    .array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 })
    .map((names) => names.join('/'))
    .filter((path) => !unsafe(path));

  it('is read back as it was written, whatever the names', () => {
    fc.assert(
      fc.property(fc.dictionary(safePath, fc.uint8Array({ minLength: 32, maxLength: 32 }), { minKeys: 1 }), (files) => {
        const digests = new Map(Object.entries(files));
        const list = parse(formatChecksumList(digests));
        const expected = [...digests].map(([path, digest]) => [path, Buffer.from(digest).toString('hex')]);
        expect(new Map(list)).toEqual(new Map(expected as [string, string][]));
      }),
    );
  });

  it('is sorted by the bytes of the paths, one line a file', () => {
    const digest = new Uint8Array(32).fill(0xa1);
    const paths = ['data/b', 'data/\u{1f600}', 'data/\uffee', 'data/a\nb', 'data/B', 'data/b/c', 'data/50%'];
    expect(Buffer.from(formatChecksumList(new Map(paths.map((path) => [path, digest])))).toString()).toBe(
      ['data/50%25', 'data/B', 'data/a%0Ab', 'data/b', 'data/b/c', 'data/\uffee', 'data/\u{1f600}']
        .map((path) => `${HEX}  ${path}\n`)
        .join(''),
    );
  });

  it('orders paths as their bytes are ordered', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });

  it.each([
    ['an upper-case digest', `${HEX.toUpperCase()}  data/a\n`, 'bad-line'],
    ['a digest too short', `${HEX.slice(2)}  data/a\n`, 'bad-line'],
    ['a digest too long', `${HEX}00  data/a\n`, 'bad-line'],
    ['one space', `${HEX} data/a\n`, 'bad-line'],
    ['a tab', `${HEX}\tdata/a\n`, 'bad-line'],
    ['the star of a binary file', `${HEX} *data/a\n`, 'bad-line'],
    ['a path that begins with a space', `${HEX}   data/a\n`, null],
    ['an empty line', `${HEX}  data/a\n\n`, 'bad-line'],
    ['no end of the last line', `${HEX}  data/a`, 'bad-line'],
    ['nothing', '', 'bad-line'],
    ['CR LF', `${HEX}  data/a\r\n`, 'bad-path'],
    ['a byte order mark', `\ufeff${HEX}  data/a\n`, 'bad-line'],
    ['a path twice', `${HEX}  data/a\n${HEX}  data/a\n`, 'duplicate-path'],
    ['no path', `${HEX}  \n`, 'bad-path'],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from(`${HEX}  data/`), Buffer.of(0xff, 0x0a)]), 'not-utf8'],
  ])('with %s', async (_what, text, code) => {
    if (code === null) expect([...parse(text).keys()]).toEqual([Buffer.from(text).toString().slice(66, -1)]);
    else expect(await codeOf(() => parse(text))).toBe(code);
  });
});

describe('a path of a bag', () => {
  it.each([
    '/etc/passwd',
    '../etc/passwd',
    'data/../../etc/passwd',
    'data/./a',
    'data//a',
    'data/',
    '',
    '.',
    '..',
    '~/a',
    '~root/a',
  ])('does not lead out of it: %j', async (path) => expect(await codeOf(() => requireSafePath(path))).toBe('bad-path'));

  it.each([
    'C:\\x',
    'c:/x',
    'data\\a',
    '\\\\server\\share',
    'data/a\0',
    'data/\x1b[31m',
    'data/\x7f',
    'a'.repeat(4097),
  ])('is not one that some system takes for another: %j', async (path) =>
    expect(await codeOf(() => requireSafePath(path))).toBe('bad-path'),
  );

  it.each(['data/صورة ١.jpg', 'data/a..b/...', 'data/-rf', 'data/CON', 'data/\u202egpj.exe', 'data/a:b', 'data/~'])(
    'is taken as data: %j',
    (path) => expect(() => requireSafePath(path)).not.toThrow(),
  );

  it('has CR, LF and % encoded, and nothing else', () => {
    expect(encodePath('a\r\n%20é')).toBe('a%0D%0A%2520é');
    expect(decodePath('a%0D%0A%2520é')).toBe('a\r\n%20é');
  });

  it.each(['a%2E', 'a%0a', 'a%', 'a%2', 'a%%25', '%2e%2e/%2e%2e/etc/passwd', 'a%20b'])(
    'has no other escape: %j',
    async (encoded) => expect(await codeOf(() => decodePath(encoded))).toBe('bad-path'),
  );

  it('is shown in one line of printable ASCII', () => {
    expect(quoted('data/a')).toBe('data/a');
    expect(quoted('data/\x1b[31m\n\u202e"')).toBe('"data/\\u001b[31m\\n\\u202e\\""');
    expect(quoted('a'.repeat(5000))).toHaveLength(202);
  });
});

function unsafe(path: string): boolean {
  try {
    requireSafePath(path);
    return false;
  } catch {
    return true;
  }
}
