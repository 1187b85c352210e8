import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FileId } from '#domain/evidence';
import { fileNameOf } from '#domain/manifest';
import { OUTPUT_RESERVED, outputNames, renamedFiles } from './safe-names.js';

const id = (at: number) => FileId.parse(`00000000-0000-4000-8000-${String(at).padStart(12, '0')}`);
const named = (...names: (string | Uint8Array)[]) =>
  names.map((name, at) => ({
    id: id(at),
    ...fileNameOf(typeof name === 'string' ? new TextEncoder().encode(name) : name),
  }));
const bytes = (...values: number[]) => new Uint8Array(values);

function placed(names: (string | Uint8Array)[], foldsCase = false): (string | null)[] {
  const files = named(...names);
  const given = outputNames(files, foldsCase);
  return files.map((file) => given.get(file.id)!.renamedBecause);
}

describe('the name of a fetched file', () => {
  it.each<[string, string | Uint8Array]>([
    ['an Arabic name', 'تقرير/صورة الهاتف.jpg'],
    ['marks of direction', 'photo\u202Egpj.exe'],
    ['zero width', 'a\u200Bb.txt'],
    ['a leading dash', '-rf'],
    ['quotes', `it's "here".txt`],
    ['a formula', '=cmd()'],
    ['255 bytes', 'x'.repeat(255)],
    ['dots that lead nowhere', '...a/..b'],
    ['bytes that are not UTF-8', bytes(0xff, 0x2f, 0xfe, 0x61)],
    ['a word that begins like a device', 'console.log'],
    ['a reserved word deeper down', 'a/names.json'],
  ])('is kept byte by byte: %s', (_, name) => {
    const [file] = named(name);
    const { segments, renamedBecause } = outputNames([file!], false).get(id(0))!;
    expect(renamedBecause).toBeNull();
    const joined = Buffer.concat(
      segments.flatMap((segment, at) => (at === 0 ? [segment] : [Buffer.from('/'), segment])),
    );
    expect(joined.equals(typeof name === 'string' ? Buffer.from(name) : Buffer.from(name))).toBe(true);
  });

  it.each<[string, string | Uint8Array]>([
    ['leads upwards', '../../etc/passwd'],
    ['leads upwards within', 'a/../../b'],
    ['stays where it is', './a'],
    ['an absolute path', '/etc/passwd'],
    ['a folder without a name', 'a//b'],
    ['an end without a name', 'a/'],
    ['a drive', 'C:\\x'],
    ['a drive without a slash', 'c:x'],
    ['a backslash', 'a\\..\\b'],
    ['a device', 'CON'],
    ['a device with an ending', 'a/nul.txt'],
    ['a device with a superscript', 'COM¹'],
    ['a trailing dot', 'a.'],
    ['a trailing space', 'a /b'],
    ['a line break', 'a\r\nb'],
    ['an escape', '\u001b[31mred'],
    ['C1 controls', 'a\u0085b'],
    ['256 bytes', 'x'.repeat(256)],
    ['128 letters of two bytes', 'ح'.repeat(128)],
    ['a path too long', 'x/'.repeat(2000) + 'x'],
    ['the list of names', 'names.json'],
    ['the list of names, shouted', 'NAMES.JSON'],
    ['where partial files are', '.amana-fetch/a'],
  ])('is given up: %s', (_, name) => {
    expect(placed([name])[0]).not.toBeNull();
  });

  it.each<[string, string[], (string | null)[]]>([
    ['a file where a folder is', ['a/b', 'a'], [null, 'a folder has this name']],
    ['a folder where a file is', ['a', 'a/b'], [null, 'a file has the name of its folder']],
    ['letters of two cases', ['A.txt', 'a.txt'], [null, null]],
    ['twins of normalisation', ['caf\u00e9', 'cafe\u0301'], [null, null]],
  ])('does not clash: %s', (_, names, expected) => {
    expect(placed(names)).toEqual(expected);
  });

  it.each([
    ['letters of two cases', ['A.txt', 'a.txt']],
    ['twins of normalisation', ['caf\u00e9', 'cafe\u0301']],
    ['folders of two cases, one of them a file', ['A/x', 'a']],
  ])('does not clash where the file system folds: %s', (_, names) => {
    expect(placed(names, true)).toEqual([null, expect.any(String)]);
  });

  it('is listed when it had to be another', () => {
    const files = named('a', '../b', bytes(0xff, 0x0a));
    expect(renamedFiles(files, outputNames(files, false))).toEqual([
      { id: id(1), storedAs: `renamed/${id(1)}`, name: '../b', because: 'leads to ".."' },
      { id: id(2), storedAs: `renamed/${id(2)}`, name: '\ufffd\n', nameBase64: '/wo=', because: 'control characters' },
    ]);
  });

  it('never leaves the folder, never falls together with another or with what is reserved', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '.',
        '..',
        '',
        '/',
        '\\',
        'a',
        'A',
        'a.',
        'con',
        'names.json',
        'renamed',
        '\u0000',
        '\n',
        '\u00e9',
        'e\u0301',
        ...OUTPUT_RESERVED,
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const name = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('/'));
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 12 }), fc.boolean(), (names, foldsCase) => {
        const files = named(...names);
        const given = outputNames(files, foldsCase);
        const paths = files.map((file) => {
          const { segments, renamedBecause } = given.get(file.id)!;
          const texts = segments.map((segment) => Buffer.from(segment).toString('latin1'));
          for (const text of texts) {
            expect(['', '.', '..']).not.toContain(text);
            expect(text).not.toMatch(/[/\0\\]/);
          }
          if (renamedBecause === null) expect(OUTPUT_RESERVED).not.toContain(texts[0]);
          return texts.join('/');
        });
        expect(new Set(paths).size).toBe(paths.length);
        for (const path of paths) for (const other of paths) expect(other.startsWith(`${path}/`)).toBe(false);
      }),
    );
  });
});
