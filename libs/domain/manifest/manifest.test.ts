import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codeOf } from '../../../test/support/code-of.js';
import { exampleFile, exampleManifest } from '../../../test/support/example-documents.js';
import type { ManifestFile } from './index.js';
import {
  Manifest,
  ManifestError,
  canonicalJson,
  fileNameBytes,
  fileNameFault,
  fileNameOf,
  newSigningKey,
  parseStrictJson,
  signManifest,
  signerOf,
} from './index.js';

const digest = (digit: string): string => digit.repeat(64);
const hash = {
  algorithm: 'sha256',
  value: digest('a'),
  source: 'list',
  computedAt: '2026-11-20T16:00:00.000Z',
} as const;

function problemsOf(manifest: unknown): string[] {
  const parsed = Manifest.safeParse(manifest);
  return parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a manifest', () => {
  it('is in order with all that an exhibit may have', () => {
    const files = [
      exampleFile(),
      exampleFile({ name: 'empty', sizeBytes: 0, sealedSizeBytes: 32 }),
      exampleFile({ name: 'hashed', hashes: [hash] }),
      exampleFile({ name: 'caf\ufffd', nameBase64: btoa('caf\xe9') }),
    ];
    expect(problemsOf(exampleManifest({ files, supersedes: digest('9'), reason: 'A wrong serial number.' }))).toEqual(
      [],
    );
  });

  it('survives canonical JSON as it is', () => {
    const manifest = exampleManifest();
    expect(Manifest.parse(parseStrictJson(canonicalJson(manifest)))).toEqual(manifest);
  });

  it.each<[string, (manifest: Manifest) => unknown, RegExp]>([
    ['another schema', (m) => ({ ...m, schema: 'amana-manifest/v2' }), /^schema: /],
    ['a member it does not have', (m) => ({ ...m, note: '' }), /note/],
    ['a file’s member it does not have', (m) => ({ ...m, files: [{ ...m.files[0], key: '' }] }), /key/],
    ['no files', (m) => ({ ...m, files: [] }), /^files: /],
    [
      'an exhibit number that is not that of the facts',
      (m) => ({ ...m, exhibitNumber: 'X' }),
      /^exhibitNumber: is not that/,
    ],
    ['a case number that is not that of the facts', (m) => ({ ...m, caseNumber: 'X' }), /^caseNumber: is not that/],
    ['facts that are not in order', (m) => ({ ...m, facts: { ...m.facts, seizure: {} } }), /^facts\.seizure\.at/],
    ['a correction without a reason', (m) => ({ ...m, supersedes: digest('9') }), /^reason: a correction names both/],
    ['a reason without a correction', (m) => ({ ...m, reason: 'A slip.' }), /^reason: a correction names both/],
    ['an upper-case id', (m) => ({ ...m, exhibitId: m.exhibitId.toUpperCase() }), /^exhibitId: /],
    ['a local time', (m) => ({ ...m, sealedAt: '2026-11-20T16:00:00+02:00' }), /^sealedAt: /],
    [
      'a file id twice',
      (m) => ({ ...m, files: [m.files[0], { ...m.files[0], name: 'other' }] }),
      /^files\.1\.id: is that/,
    ],
    ['a name twice', (m) => ({ ...m, files: [exampleFile(), exampleFile()] }), /^files\.1\.name: is, byte by byte/],
    [
      'a name that is not UTF-8 twice',
      (m) => ({ ...m, files: [broken(), broken()] }),
      /^files\.1\.name: is, byte by byte/,
    ],
  ])('refuses %s', (_, spoil, problem) => {
    expect(problemsOf(spoil(exampleManifest()))).toContainEqual(expect.stringMatching(problem));
  });

  it.each<[string, Partial<Record<keyof ManifestFile, unknown>>, RegExp]>([
    ['a sealed size that is one off', { sealedSizeBytes: 70_016 + 31 }, /sealedSizeBytes: is not the size/],
    ['a size below zero', { sizeBytes: -1 }, /sizeBytes/],
    ['a size that is not whole', { sizeBytes: 1.5 }, /sizeBytes/],
    ['another chunk size', { chunkSizeBytes: 65_536 }, /chunkSizeBytes/],
    ['a digest in upper case', { sha256: digest('A') }, /sha256/],
    ['a short root', { chunkTreeRoot: 'cc' }, /chunkTreeRoot/],
    ['a media type that is none', { mediaType: 'jpeg' }, /mediaType/],
    ['a media type with parameters', { mediaType: 'text/plain; charset=utf-8' }, /mediaType/],
    ['an MD5 of another length', { hashes: [{ ...hash, algorithm: 'md5' }] }, /hashes\.0\.value: has not the length/],
    ['a hash that is not known', { hashes: [{ ...hash, algorithm: 'crc32' }] }, /hashes\.0\.algorithm/],
    ['a hash without its source', { hashes: [{ ...hash, source: '' }] }, /hashes\.0\.source/],
    ['a SHA-256 that contradicts ours', { hashes: [{ ...hash, value: digest('b') }] }, /hashes: has another SHA-256/],
    ['an empty name', { name: '' }, /name: is empty/],
    ['a name with NUL', { name: 'a\0b' }, /name: has a NUL/],
    ['half of a surrogate pair', { name: 'a\ud800' }, /name: has half/],
    ['exact bytes where the name is UTF-8', { nameBase64: btoa('a'), name: 'a' }, /name: is UTF-8/],
    ['exact bytes of another name', { nameBase64: btoa('caf\xe9'), name: 'cafe' }, /name: is not how/],
    ['exact bytes in loose base64', { nameBase64: '/x==', name: '\ufffd' }, /name: has exact bytes/],
  ])('refuses a file with %s', (_, changes, problem) => {
    const manifest = { ...exampleManifest(), files: [{ ...exampleFile(), ...changes }] };
    expect(problemsOf(manifest)).toContainEqual(expect.stringMatching(problem));
  });

  it('is not signed unless it is in order, and each fault is named', async () => {
    const signer = await signerOf(await newSigningKey());
    const wrong = exampleManifest({ exhibitNumber: 'X', caseNumber: 'Y' });
    expect(await codeOf(() => signManifest(wrong, signer))).toBe('bad-document');
    const error: unknown = await signManifest(wrong, signer).catch((reason: unknown) => reason);
    expect((error as ManifestError).problems.map(({ path }) => path)).toEqual(['exhibitNumber', 'caseNumber']);
  });

  it('may have fifty thousand files', () => {
    const files = Array.from({ length: 50_000 }, (_, at) => exampleFile({ name: `f${at}` }));
    expect(problemsOf(exampleManifest({ files }))).toEqual([]);
    expect(problemsOf(exampleManifest({ files: [...files, exampleFile({ name: 'one more' })] }))).toHaveLength(1);
  });
});

describe('file names', () => {
  it.each([
    'photo\u202Egpj.exe',
    'صورة ١.jpg',
    'a\u200e\u061cb',
    '../../etc/passwd',
    'C:\\x',
    'CON',
    'dot.',
    'x'.repeat(256),
    'line\r\nbreak',
    '"quotes\'',
    'zero\u200bwidth',
    'homoglyph.ехе',
    '-rf',
    '\u001b[31mred',
    '=cmd()',
    '\ufeffmark',
    'replacement \ufffd',
  ])('take %j as it is', (name) => {
    expect(fileNameFault({ name })).toBeNull();
    expect(fileNameOf(new TextEncoder().encode(name))).toEqual({ name });
  });

  it('tell the composed from the decomposed', () => {
    const files = [exampleFile({ name: 'é'.normalize('NFC') }), exampleFile({ name: 'é'.normalize('NFD') })];
    expect(problemsOf(exampleManifest({ files }))).toEqual([]);
  });

  it('keep any bytes, and are in order for every one of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        fc.pre(!bytes.includes(0));
        const name = fileNameOf(bytes);
        expect(fileNameBytes(name)).toEqual(bytes);
        expect(fileNameFault(name)).toBeNull();
      }),
      { numRuns: 1000 },
    );
  });

  it('are at most 4096 bytes long', () => {
    expect(fileNameFault({ name: 'é'.repeat(2048) })).toBeNull();
    expect(fileNameFault({ name: `${'é'.repeat(2048)}x` })).toMatch(/more than 4096/);
  });
});

function broken(): ManifestFile {
  return exampleFile({ name: 'caf\ufffd', nameBase64: btoa('caf\xe9') });
}
