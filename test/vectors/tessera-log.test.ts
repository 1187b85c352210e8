import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  checkpointVerifier,
  decodeEntryBundle,
  encodeEntryBundle,
  entryBundlePath,
  formatCheckpoint,
  formatLogPolicy,
  formatTlogProof,
  formatVerifierKey,
  growTree,
  leafHash,
  openNote,
  parseCheckpoint,
  parseLogPolicy,
  parseTilePath,
  parseTlogProof,
  parseVerifierKey,
  proveConsistency,
  proveInclusion,
  RightEdge,
  rootFromTiles,
  tilePath,
  verifyCheckpoint,
  verifyConsistency,
  verifyGrowth,
  verifyInclusion,
  verifyTlogProof,
  type HashReader,
} from '#domain/merkle';
import { requires, vectors, vectorsFolder } from '../support/requires.js';

/**
 * A whole small log, written by transparency-dev/tessera: checkpoints of the sizes 0 to 15, with their tiles and entry
 * bundles.
 */
const log = join(vectorsFolder, 'tessera-log', 'testdata', 'log');
const sizes = Array.from({ length: 16 }, (_, size) => size);
const entries = existsSync(log) ? decodeEntryBundle(read(entryBundlePath({ index: 0, width: 15 })), 15) : [];

/** Reads the log's own files: the tile of exactly the width that was published. */
const files: HashReader = { readTile: async (level, index, width) => read(tilePath({ level, index, width })) };

requires(vectors('tessera-log'))('the log of transparency-dev/tessera', () => {
  it('has a verifier key that we write as it is', () => {
    expect(formatVerifierKey(key())).toBe(keyText());
  });

  it.each(sizes)('has a checkpoint of size %d that verifies and that we write as it is', (size) => {
    const { text, signatures } = openNote(read(`checkpoint.${size}`), [key()]);
    const checkpoint = parseCheckpoint(text, { extensionLines: 'refuse' });
    expect([checkpoint.origin, checkpoint.size]).toEqual(['example.com/log/testdata', size]);
    expect(formatCheckpoint(checkpoint)).toBe(text);
    expect(signatures).toEqual([{ kind: 'signature', key: key() }]);
    expect(verifyCheckpoint(read(`checkpoint.${size}`), policy()).checkpoint).toEqual(checkpoint);
  });

  it('has no checkpoint that verifies under another name or with another text', () => {
    const changed = Buffer.from(read('checkpoint.15'));
    changed.write('14', changed.indexOf('\n15\n') + 1);
    expect(() => openNote(changed, [key()])).toThrow(expect.objectContaining({ code: 'bad-signature' }));
  });

  it.each(sizes.slice(1))('has an entry bundle of %d that is ours byte for byte', (width) => {
    const bundle = read(entryBundlePath({ index: 0, width }));
    expect(decodeEntryBundle(bundle, width)).toEqual(entries.slice(0, width));
    expect(encodeEntryBundle(entries.slice(0, width))).toEqual(bundle);
  });

  it('has tiles that ours equal byte for byte, grown by one entry at a time and all at once', () => {
    let edge = new RightEdge();
    let partial: Parameters<typeof growTree>[1] = [];
    for (const [at, entry] of entries.entries()) {
      const growth = growTree(edge, partial, [leafHash(entry)]);
      expect(growth.tiles.map(tilePath)).toEqual([`tile/0/000.p/${at + 1}`]);
      expect(growth.tiles[0]?.bytes).toEqual(read(`tile/0/000.p/${at + 1}`));
      expect(growth.edge.root()).toEqual(head(at + 1).root);
      ({ edge } = growth);
      partial = growth.tiles;
    }
    const atOnce = growTree(
      new RightEdge(),
      [],
      entries.map((entry) => leafHash(entry)),
    );
    expect(atOnce.tiles).toEqual(partial);
  });

  it('has no file that our paths do not name', () => {
    const paths = readdirSync(join(log, 'tile'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(log.length + 1));
    expect(paths).toHaveLength(30);
    for (const path of paths) expect(parseTilePath(path)).toMatchObject({ index: 0 });
  });

  it.each(sizes)('has tiles that lead to the root of size %d', async (size) => {
    expect(await rootFromTiles(size, files)).toEqual(head(size).root);
  });

  it('is consistent between all its sizes', async () => {
    for (const newer of sizes) {
      for (const older of sizes.slice(0, newer + 1)) {
        const proof = await proveConsistency(older, newer, files);
        verifyGrowth(head(older), head(newer), proof);
        if (older > 0) verifyConsistency(older, newer, proof, head(older).root, head(newer).root);
      }
    }
    expect.assertions(0);
  });

  it('includes every entry at every size, provably, and nothing else', async () => {
    const verify = checkpointVerifier(policy());
    for (const size of sizes.slice(1)) {
      for (const [index, entry] of entries.slice(0, size).entries()) {
        const hashes = await proveInclusion(index, size, files);
        verifyInclusion(index, size, leafHash(entry), hashes, head(size).root);
        const proof = formatTlogProof({ index, hashes, checkpoint: read(`checkpoint.${size}`) });
        expect(verifyTlogProof(parseTlogProof(proof), leafHash(entry), verify).checkpoint.size).toBe(size);
        const absent = leafHash(Uint8Array.of(0));
        expect(() => verifyTlogProof(parseTlogProof(proof), absent, verify)).toThrow(
          expect.objectContaining({ code: 'root-mismatch' }),
        );
      }
    }
  });
});

function head(size: number) {
  return parseCheckpoint(openNote(read(`checkpoint.${size}`), [key()]).text);
}

const keyText = () => readFileSync(join(vectorsFolder, 'tessera-log', 'verifier-key.txt'), 'utf8').trim();
const key = () => parseVerifierKey(keyText());
const policy = () => parseLogPolicy(new TextEncoder().encode(formatLogPolicy(key())));

function read(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(join(log, path)));
}
