import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fetchExhibit } from '#client/fetch';
import { ExhibitId, FileId, RetrievalId } from '#domain/evidence';
import { type Manifest, fileNameOf } from '#domain/manifest';
import { newIdentity } from '#domain/sealing';
import { exampleManifest } from '../../../test/support/example-documents.js';
import { StoredFile } from '../../../test/support/stored-file.js';
import { bundleThreads } from '../../../test/support/thread-bundle.js';
import { nodeAead } from './aead.js';
import { nodeSha256 } from './chunk-hasher.js';
import { FetchFolder } from './output-folder.js';
import { ThreadedOpeningEngine } from './threaded-opening.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

const identity = newIdentity();
const manifestSha256 = 'a'.repeat(64);
let engine: ThreadedOpeningEngine;
beforeAll(async () => {
  engine = new ThreadedOpeningEngine(await bundleThreads());
});
afterAll(() => engine.close());

interface Exhibit {
  manifest: Manifest;
  stored: StoredFile[];
}

function exhibitOf(files: readonly (readonly [name: string | Buffer, sizeBytes: number])[]): Exhibit {
  const stored = files.map(([name, sizeBytes], at) => {
    const id = FileId.parse(`00000000-0000-4000-8000-${String(at).padStart(12, '0')}`);
    return new StoredFile(sizeBytes, identity, { id, ...fileNameOf(Buffer.from(name)) });
  });
  return { manifest: exampleManifest({ files: stored.map(({ file }) => file) }), stored };
}

function fetchInto(root: string, { manifest, stored }: Exhibit) {
  const folder = FetchFolder.open(root, manifest, manifestSha256);
  const of = (fileId: FileId) => stored.find(({ file }) => file.id === fileId)!.retrievals;
  const retrievals = {
    leaves: (_id: RetrievalId, fileId: FileId) => of(fileId).leaves(),
    payload: (id: RetrievalId, fileId: FileId, range: { startBytes: number; endBytes: number }) =>
      of(fileId).payload(id, fileId, range),
  };
  const retrieval = {
    id: RetrievalId.parse('00000000-0000-4000-8000-0000000000ff'),
    exhibitId: manifest.exhibitId,
    purpose: 'x',
    expiresAt: '2027-01-01T00:00:00.000Z',
    manifest: null,
    signerCertificate: null,
    files: stored.map(({ file, header }) => ({ id: file.id, sealedSizeBytes: file.sealedSizeBytes, header })),
  };
  const tools = { retrievals, progress: { advance: () => undefined }, engine, aead: nodeAead, sha256: nodeSha256 };
  return { folder, done: fetchExhibit(retrieval, manifest, [identity], folder, tools) };
}

const newRoot = () => join(temporaryFolder('fetch'), 'out');

describe('fetching into a folder', () => {
  it('writes every file under its own name, byte by byte, large ones in a thread', async () => {
    const root = newRoot();
    const names = ['صور/صورة ١.jpg', 'big.img', Buffer.from([0x66, 0xff, 0x2f, 0xfe]), 'empty'] as const;
    const exhibit = exhibitOf(names.map((name, at) => [name, [1000, 30_000_000, 5, 0][at]!] as const));
    const { folder, done } = fetchInto(root, exhibit);
    await done;
    folder.conclude();
    for (const [at, name] of names.entries()) {
      const path = Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name)]);
      expect(readFileSync(path).equals(exhibit.stored[at]!.content)).toBe(true);
      expect(statSync(path).mode & 0o077).toBe(0);
    }
    expect(readdirSync(root)).not.toContain('.amana-fetch');
    expect(existsSync(join(root, 'names.json'))).toBe(false);
  });

  it('never leaves the folder, and lists what bears another name', async () => {
    const root = newRoot();
    const names = ['../escaped', '/etc/amana-escaped', 'a/../../b', 'CON', 'x'.repeat(300), 'ok', 'a\u001bb'];
    const exhibit = exhibitOf(names.map((name) => [name, 20] as const));
    const { folder, done } = fetchInto(root, exhibit);
    await done;
    folder.conclude();
    expect(readdirSync(root).sort()).toEqual(['names.json', 'ok', 'renamed']);
    expect(readdirSync(join(root, '..'))).toEqual(['out']);
    const renamed = JSON.parse(readFileSync(join(root, 'names.json'), 'utf8')) as { name: string; storedAs: string }[];
    expect(renamed.map(({ name }) => name)).toEqual(names.filter((name) => name !== 'ok'));
    for (const { name, storedAs } of renamed) {
      expect(readFileSync(join(root, storedAs)).equals(exhibit.stored[names.indexOf(name)]!.content)).toBe(true);
    }
  });

  it('goes on with what a killed fetch left, and fetches nothing twice', async () => {
    const root = newRoot();
    const exhibit = exhibitOf([
      ['small', 100],
      ['big', 90_000_000],
    ]);
    const [small, big] = exhibit.stored as [StoredFile, StoredFile];
    big.refuseAfterBytes = 75_000_000; // one window at least is whole by then
    await expect(fetchInto(root, exhibit).done).rejects.toMatchObject({ code: 'forbidden' });
    expect(readdirSync(root).sort()).toEqual(['.amana-fetch', 'small']);
    big.refuseAfterBytes = Infinity;
    const before = { small: small.sentBytes, big: big.sentBytes };
    const { folder, done } = fetchInto(root, exhibit);
    await done;
    folder.conclude();
    expect(small.sentBytes).toBe(before.small);
    expect(big.sentBytes - before.big).toBeLessThan(big.object.length);
    expect(readFileSync(join(root, 'big')).equals(big.content)).toBe(true);
  });

  it('fetches again what was altered after it was fetched', async () => {
    const root = newRoot();
    const exhibit = exhibitOf([
      ['first', 100],
      ['big', 5_000_000],
    ]);
    exhibit.stored[1]!.refuseAfterBytes = 0;
    await expect(fetchInto(root, exhibit).done).rejects.toThrow('revoked');
    truncateSync(join(root, 'first'), 50);
    exhibit.stored[1]!.refuseAfterBytes = Infinity;
    await fetchInto(root, exhibit).done;
    expect(readFileSync(join(root, 'first')).equals(exhibit.stored[0]!.content)).toBe(true);
  });

  it('names the file and the chunk that is not what was sealed, and gives it no name', async () => {
    const root = newRoot();
    const exhibit = exhibitOf([['disk.img', 30_000_000]]);
    const { object } = exhibit.stored[0]!;
    object[20_000_000] = object[20_000_000]! ^ 1;
    await expect(fetchInto(root, exhibit).done).rejects.toMatchObject({
      name: 'FetchError',
      code: 'chunk-mismatch',
      subject: 'disk.img',
      message: expect.stringContaining('chunk 19 '),
    });
    expect(existsSync(join(root, 'disk.img'))).toBe(false);
    // The thread is of use to the next file.
    const next = exhibitOf([['next', 30_000_000]]);
    await fetchInto(newRoot(), next).done;
  });

  it.each<[string, (root: string, manifest: Manifest) => void]>([
    ['has other files', (root) => writeFileSync(join(root, 'notes.txt'), 'x')],
    [
      'has the fetch of another exhibit',
      (root, manifest) =>
        void FetchFolder.open(
          root,
          { ...manifest, exhibitId: ExhibitId.parse('00000000-0000-4000-8000-0000000000ee') },
          manifestSha256,
        ),
    ],
    ['has the fetch of another manifest', (root, manifest) => void FetchFolder.open(root, manifest, 'b'.repeat(64))],
  ])('refuses a folder that %s', (_, prepare) => {
    const root = newRoot();
    mkdirSync(root);
    const { manifest } = exhibitOf([['a', 1]]);
    prepare(root, manifest);
    expect(() => FetchFolder.open(root, manifest, manifestSha256)).toThrow(
      expect.objectContaining({ code: 'output-taken' }),
    );
  });

  it('follows no link that somebody put where a file is to come', async () => {
    const root = newRoot();
    const { manifest } = exhibitOf([['a', 100]]);
    const folder = FetchFolder.open(root, manifest, manifestSha256);
    const victim = join(root, '..', 'victim');
    writeFileSync(victim, 'mine');
    symlinkSync(victim, join(root, '.amana-fetch', `${manifest.files[0]!.id}.partial`));
    await expect(folder.partial(manifest.files[0]!).continueAt(0)).rejects.toMatchObject({ code: 'ELOOP' });
    expect(readFileSync(victim, 'utf8')).toBe('mine');
  });
});
