import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MemoryPackage, nodeHashers } from '../../../../test/support/memory-package.js';
import { BagError, type BagErrorCode } from './bag-error.js';
import { formatBagInfo, oxumOf, parseBagInfo } from './bag-info.js';
import { readBag } from './read-bag.js';
import { BagWriter } from './write-bag.js';

const INFO = [
  ['External-Identifier', 'urn:uuid:1'],
  ['External-Description', 'Exhibit 4\nPayload-Oxum: 0.0'],
] as const;

async function made(): Promise<MemoryPackage> {
  const bag = new MemoryPackage();
  const writer = new BagWriter(bag, nodeHashers);
  await writer.add('data/b', Buffer.from('bee\n'));
  await writer.add('data/a', pieces('a', 'y\n'));
  await writer.add('data/50%\n', new Uint8Array(0));
  await writer.finish(INFO);
  return bag;
}

async function* pieces(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex');

describe('a bag', () => {
  it('is written to the letter', async () => {
    const bag = await made();
    expect([...bag.files.keys()].at(-1)).toBe('bagit.txt');
    expect(bag.text('bagit.txt')).toBe('BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n');
    expect(bag.text('bag-info.txt')).toBe(
      'External-Identifier: urn:uuid:1\nExternal-Description: Exhibit 4 Payload-Oxum: 0.0\nPayload-Oxum: 7.3\n',
    );
    for (const algorithm of ['sha256', 'sha512']) {
      expect(bag.text(`manifest-${algorithm}.txt`)).toBe(
        `${digest(algorithm, '')}  data/50%25%0A\n${digest(algorithm, 'ay\n')}  data/a\n${digest(algorithm, 'bee\n')}  data/b\n`,
      );
    }
    const tags = ['bag-info.txt', 'bagit.txt', 'manifest-sha256.txt', 'manifest-sha512.txt'];
    expect(bag.text('tagmanifest-sha256.txt')).toBe(
      tags.map((name) => `${digest('sha256', bag.text(name))}  ${name}\n`).join(''),
    );
  });

  it('is read back', async () => {
    const { payload, oxum, tagFiles } = await readBag(await made());
    expect([...payload.values()]).toEqual(
      [
        ['data/50%\n', ''],
        ['data/a', 'ay\n'],
        ['data/b', 'bee\n'],
      ].map(([path, text]) => ({
        path,
        sizeBytes: text!.length,
        sha256: digest('sha256', text!),
        sha512: digest('sha512', text!),
      })),
    );
    expect({ oxum, tagFiles }).toEqual({ oxum: { sizeBytes: 7, files: 3 }, tagFiles: 5 });
  });

  it('has no file outside it', async () => {
    const writer = new BagWriter(new MemoryPackage(), nodeHashers);
    await expect(writer.add('data/../../x', new Uint8Array(0))).rejects.toMatchObject({ code: 'bad-path' });
  });
});

type Spoil = (bag: MemoryPackage) => unknown;
const edit =
  (path: string, from: string | RegExp, to: string): Spoil =>
  (bag) =>
    bag.set(path, bag.text(path).replace(from, to)).retag();
const HEX = '0'.repeat(64);

const SPOILT: readonly (readonly [what: string, code: BagErrorCode, says: RegExp, spoil: Spoil])[] = [
  ['no bagit.txt', 'missing-file', /bagit\.txt is missing/, (bag) => bag.set('bagit.txt', null)],
  [
    'no list of its own files',
    'missing-file',
    /tagmanifest-sha256\.txt is missing/,
    (bag) => bag.set('tagmanifest-sha256.txt', null),
  ],
  ['nothing at all', 'missing-file', /is missing/, (bag) => bag.files.clear()],
  [
    '105 a missing file',
    'missing-file',
    /data\/a is listed in manifest-sha256\.txt and is not there/,
    (bag) => bag.set('data/a', null),
  ],
  ['106 an extra file', 'extra-file', /data\/c is not listed in manifest-sha256\.txt/, (bag) => bag.set('data/c', '')],
  ['106 an extra file beside the payload', 'extra-file', /x\.txt does not belong/, (bag) => bag.set('x.txt', '')],
  [
    '106 an extra folder beside the payload',
    'extra-file',
    /metadata\/a does not belong/,
    (bag) => bag.set('metadata/a', ''),
  ],
  ['a fetch.txt', 'extra-file', /fetch\.txt/, (bag) => bag.set('fetch.txt', 'http://example.org/ 1 data/a\n')],
  [
    'a symbolic link',
    'not-a-file',
    /data\/link is a symbolic link/,
    (bag) => bag.others.set('data/link', 'symbolic link'),
  ],
  ['a device', 'not-a-file', /data\/null is a special file/, (bag) => bag.others.set('data/null', 'special file')],
  ['a file that leads out of it', 'bad-path', /data\/\.\.\/x/, (bag) => bag.set('data/../x', '')],
  [
    '107 traversal in a list',
    'bad-path',
    /"?\.\.\/\.\.\/etc\/passwd/,
    edit('manifest-sha256.txt', 'data/a', '../../etc/passwd'),
  ],
  ['107 an absolute path in a list', 'bad-path', /\/etc\/passwd/, edit('manifest-sha512.txt', 'data/a', '/etc/passwd')],
  ['107 a path with a drive in a list', 'bad-path', /backslash|drive/, edit('manifest-sha256.txt', 'data/a', 'C:\\x')],
  [
    '107 traversal in the list of its own files',
    'bad-path',
    /passwd/,
    (bag) => bag.set('tagmanifest-sha256.txt', `${HEX}  ../../etc/passwd\n`),
  ],
  [
    'a file that one list has not',
    'extra-file',
    /data\/b is not listed in manifest-sha512\.txt/,
    edit('manifest-sha512.txt', /^.*data\/b\n/m, ''),
  ],
  [
    'a file that one list alone has',
    'missing-file',
    /data\/z is listed in manifest-sha512\.txt/,
    edit('manifest-sha512.txt', /$/, `${'0'.repeat(128)}  data/z\n`),
  ],
  [
    'its own file in the list of the payload',
    'missing-file',
    /bagit\.txt is listed in manifest-sha256/,
    edit('manifest-sha256.txt', /$/, `${HEX}  bagit.txt\n`),
  ],
  [
    'an altered list',
    'digest-mismatch',
    /manifest-sha256\.txt is not what tagmanifest/,
    (bag) => bag.set('manifest-sha256.txt', `${HEX}  data/a\n`),
  ],
  [
    'an altered bag-info.txt',
    'digest-mismatch',
    /bag-info\.txt is not what/,
    (bag) => bag.set('bag-info.txt', 'Payload-Oxum: 7.3\n'),
  ],
  [
    'its own file that is not listed',
    'extra-file',
    /bagit\.txt is not listed in tagmanifest/,
    (bag) => bag.set('tagmanifest-sha256.txt', bag.text('tagmanifest-sha256.txt').replace(/^.*bagit\.txt\n/m, '')),
  ],
  ['another version', 'bad-declaration', /BagIt 1\.0/, edit('bagit.txt', '1.0', '0.9')],
  ['another encoding', 'too-large', /bagit\.txt has more/, edit('bagit.txt', 'UTF-8', 'ISO-8859-1')],
  ['a declaration with CR LF', 'too-large', /bagit\.txt has more/, edit('bagit.txt', /\n/g, '\r\n')],
  ['no Payload-Oxum', 'bad-info', /not one Payload-Oxum/, edit('bag-info.txt', /^Payload-Oxum/m, 'Oxum')],
  ['two of them', 'bad-info', /not one Payload-Oxum/, edit('bag-info.txt', /^Payload-Oxum.*\n/m, '$&$&')],
  ['one that is none', 'bad-info', /not one Payload-Oxum/, edit('bag-info.txt', '7.3', '7')],
  ['a line of bag-info.txt without a label', 'bad-info', /line 1/, edit('bag-info.txt', 'External-Identifier: ', '')],
  ['a bag-info.txt of 1 MiB', 'too-large', /bag-info\.txt has more/, edit('bag-info.txt', /$/, 'x'.repeat(1 << 20))],
];

describe('a bag that is refused', () => {
  it.each(SPOILT)('for %s', async (_what, code, says, spoil) => {
    const bag = await made();
    spoil(bag);
    const refusal: unknown = await readBag(bag).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BagError);
    expect(refusal).toMatchObject({ code, message: expect.stringMatching(says) });
  });

  it('for a path that is there twice, as an archive may have it', async () => {
    const bag = await made();
    const list = bag.list.bind(bag);
    bag.list = async function* () {
      yield* list();
      yield { path: 'data/a', kind: 'file', sizeBytes: 3 };
    };
    await expect(readBag(bag)).rejects.toMatchObject({ code: 'duplicate-path' });
  });

  it('for more files than can be, before they are all named', async () => {
    const bag = await made();
    let named = 0;
    bag.list = async function* () {
      for (;;) yield { path: `data/${(named += 1)}`, kind: 'file', sizeBytes: 0 };
    };
    await expect(readBag(bag)).rejects.toMatchObject({ code: 'too-many-files' });
    expect(named).toBe(250_001);
  });
});

describe('bag-info.txt', () => {
  it('is read back, a label twice too', () => {
    const info = [
      ['A', '1'],
      ['B-c', 'قضية'],
      ['A', '2'],
      ['Payload-Oxum', '9007199254740991.250000'],
    ] as const;
    expect(parseBagInfo(formatBagInfo(info))).toEqual(info);
    expect(oxumOf(info)).toEqual({ sizeBytes: 9_007_199_254_740_991, files: 250_000 });
  });
});
