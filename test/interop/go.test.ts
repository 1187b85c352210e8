import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  cosignNote,
  encodeEntryBundle,
  entryBundlePath,
  formatCheckpoint,
  formatNote,
  formatSigningKey,
  formatVerifierKey,
  growTree,
  leafHash,
  parseNote,
  proveConsistency,
  proveInclusion,
  RightEdge,
  signingKey,
  signNote,
} from '#domain/merkle';
import { seededBytes } from '../support/golden-keys.js';
import { requires } from '../support/requires.js';
import { TileShelf } from '../support/tile-shelf.js';

/** Where Debian's golang-golang-x-mod-dev puts its source. */
const GOPATH = '/usr/share/gocode';
const sumdb = {
  what: 'golang.org/x/mod/sumdb (Debian: golang-golang-x-mod-dev)',
  present: existsSync(join(GOPATH, 'src/golang.org/x/mod/sumdb/tlog')),
};

const run = promisify(execFile);
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const origin = 'custody.example/log/2026a';
const seed = seededBytes('go interop', 32);
const log = signingKey(origin, 'ed25519', seed);
const logMlDsa = signingKey(origin, 'ml-dsa-44', seed);
const witness = signingKey('witness.example/w1', 'cosignature-v1', seed);

/** Over three levels of tiles, the last of each partial. */
const SIZE = 70_000;
const SIZES = [1, 2, 3, 255, 256, 257, 4096, 65_535, 65_536, 65_537, 69_999, SIZE];
const INDEXES = [0, 1, 255, 256, 65_535, 65_536, SIZE - 1, ...Array.from({ length: 40 }, (_, at) => at * 1733)];

/** Up to x/mod 0.7 the reader of tiles does not check all of them by the root; the proof out of them is another then. */
const TILE_REFUSED = /downloaded inconsistent tile|is not Go's/;

let scratch: string;
let program: string;
let folder: string;

requires('go', sumdb)('Go’s sumdb, over a log of ours', () => {
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'amana-go-'));
    program = join(scratch, 'check');
    folder = join(scratch, 'log');
    await run('go', ['build', '-o', program, join(import.meta.dirname, 'go', 'main.go')], { env: goEnvironment() });
    await writeLog();
  }, 240_000);

  afterAll(() => rm(scratch, { recursive: true, force: true }));

  it('opens the checkpoint, and finds the records in it and the older trees, with the very proofs that we give', async () => {
    const { stdout } = await run(program, [folder]);
    const { signed, ...found } = JSON.parse(stdout) as { signed: string };
    const checkpoint = await readFile(join(folder, 'checkpoint'));
    const { text, signatures } = parseNote(checkpoint);
    expect(found).toEqual({
      origin,
      size: SIZE,
      root: text.split('\n')[2],
      records: INDEXES.length,
      trees: SIZES.length,
    });
    // Go ignored the ML-DSA-44 signature and the cosignature, and signs as we do.
    expect(signatures).toHaveLength(3);
    expect(signed).toBe(new TextDecoder().decode(signNote(text, [log])));
  });

  it.each<[string, string, (bytes: Buffer) => Buffer, RegExp]>([
    ['a signature', 'checkpoint.4096', (note) => edited(note, `— ${origin} `, 20), /invalid signature|malformed/],
    ['a root', 'checkpoint', (note) => edited(note, `\n${SIZE}\n`, 8), /invalid signature/],
    ['an older root', 'checkpoint.4096', (note) => edited(note, '\n4096\n', 8), /invalid signature/],
    ['a tile', 'tile/0/000', (tile) => edited(tile, '', 8191), TILE_REFUSED],
    ['a partial tile', 'tile/0/273.p/112', (tile) => edited(tile, '', 0), TILE_REFUSED],
    ['an upper tile', 'tile/1/000', (tile) => edited(tile, '', 100), TILE_REFUSED],
    ['an entry', 'tile/entries/000', (bundle) => edited(bundle, '', 4), /our proof of record 0: invalid/],
    ['a proof', 'proofs.json', (json) => edited(json, '"hashes":["', 14), /our proof of record 0/],
  ])('refuses a log with %s changed', async (_, path, change, says) => {
    const copy = join(scratch, 'changed');
    await cp(folder, copy, { recursive: true });
    await writeFile(join(copy, path), change(await readFile(join(copy, path))));
    await expect(run(program, [copy])).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(says) });
    await rm(copy, { recursive: true });
  });

  it('refuses an older head of another history, truly signed', async () => {
    const name = join(folder, 'checkpoint.257');
    const genuine = await readFile(name);
    const forked = formatCheckpoint({ origin, size: 257, root: seededBytes('fork', 32) });
    await writeFile(name, signNote(forked, [log]));
    await expect(run(program, [folder])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/our proof from size 257/),
    });
    await writeFile(name, genuine);
  });
});

/** Without modules, for the packages are Debian's; nothing is fetched. */
function goEnvironment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GO111MODULE: 'off',
    GOFLAGS: '',
    GOPATH,
    GOPROXY: 'off',
    GOCACHE: join(scratch, 'cache'),
    CGO_ENABLED: '0',
  };
}

async function writeLog(): Promise<void> {
  const entries = Array.from({ length: SIZE }, (_, at) => new TextEncoder().encode(`entry ${at}`));
  const leaves = entries.map((entry) => leafHash(entry, sha256));
  const shelf = new TileShelf();
  let edge = new RightEdge(0, [], sha256);
  for (const size of SIZES) {
    const grown = growTree(edge, shelf.partial(edge.size), leaves.slice(edge.size, size));
    shelf.put(grown.tiles);
    ({ edge } = grown);
    const text = formatCheckpoint({ origin, size, root: edge.root() });
    await put(`checkpoint.${size}`, signNote(text, [log]));
    if (size === SIZE) {
      const { signatures } = parseNote(signNote(text, [logMlDsa, log]));
      await put(
        'checkpoint',
        formatNote({ text, signatures: [...signatures, cosignNote(text, witness, 1_795_000_000)] }),
      );
    }
  }
  for (const [path, bytes] of shelf.tiles) await put(path, bytes);
  for (let at = 0; at < SIZE; at += 256) {
    const bundle = entries.slice(at, at + 256);
    await put(entryBundlePath({ index: at / 256, width: bundle.length }), encodeEntryBundle(bundle));
  }
  const inclusion = INDEXES.map(async (index) => ({
    index,
    hashes: (await proveInclusion(index, SIZE, shelf, sha256)).map(base64),
  }));
  const consistency = SIZES.map(async (size) => ({
    size,
    hashes: (await proveConsistency(size, SIZE, shelf, sha256)).map(base64),
  }));
  await put(
    'proofs.json',
    Buffer.from(
      JSON.stringify({ inclusion: await Promise.all(inclusion), consistency: await Promise.all(consistency) }),
    ),
  );
  await put('verifier-key', Buffer.from(formatVerifierKey(log.verifier)));
  await put('signing-key', Buffer.from(formatSigningKey(origin, 'ed25519', seed)));
}

async function put(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), bytes);
}

/** One letter or bit changed, so far behind where a text begins. */
function edited(bytes: Buffer, after: string, offset: number): Buffer {
  const changed = Buffer.from(bytes);
  const at = bytes.indexOf(after) + Buffer.byteLength(after) + offset;
  const byte = changed[at] ?? 0;
  changed[at] = after === '' ? byte ^ 1 : byte === 0x41 ? 0x42 : 0x41;
  return changed;
}
