import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { PublicLog } from '#client/log';
import {
  RightEdge,
  formatCheckpoint,
  formatVerifierKey,
  growTree,
  leafHash,
  signNote,
  signingKey,
  tilePath,
} from '#domain/merkle';
import { WatchedLog, policyOfLog } from './watched-log.js';
import { temporaryFolder } from '../../test/support/temporary-folder.js';

const key = signingKey('amana.example/log/test', 'ed25519', new Uint8Array(32).fill(9));
const leaf = (index: number, fork = 0) => leafHash(new TextEncoder().encode(`entry ${index} ${fork}`));

/** What a platform publishes of a log of this size; from `forkAt` on it is another log. */
function published(size: number, forkAt = Infinity, keys = [key]) {
  const leaves = Array.from({ length: size }, (_, index) => leaf(index, index >= forkAt ? 1 : 0));
  const { tiles } = growTree(new RightEdge(), [], leaves);
  const shelf = new Map(tiles.map((tile) => [tilePath(tile), tile.bytes]));
  const edge = new RightEdge();
  for (const one of leaves) edge.append(one);
  const note = signNote(formatCheckpoint({ origin: key.verifier.name, size, root: edge.root() }), keys);
  const readTile = (level: number, index: number, width: number) => {
    const tile = shelf.get(tilePath({ level, index, width }));
    return tile ? Promise.resolve(tile) : Promise.reject(new Error('no such tile'));
  };
  return { checkpoint: () => Promise.resolve(note), readTile } as unknown as PublicLog;
}

let path: string;
beforeEach(() => {
  path = join(temporaryFolder('heads'), 'heads.json');
});
const watch = (log: PublicLog, verifier = key.verifier) =>
  new WatchedLog(log, policyOfLog(formatVerifierKey(verifier)), () => path);

describe('a watched log', () => {
  it('may grow, and stay', async () => {
    for (const size of [1, 5, 5, 300, 700]) expect((await watch(published(size)).head()).checkpoint.size).toBe(size);
    expect(
      watch(published(1))
        .seen(key.verifier.name)
        .map(({ size }) => size),
    ).toEqual([1, 5, 300, 700]);
  });

  it.each([
    ['is shorter than before', 299, Infinity],
    ['has another past', 700, 17],
    ['has the same size and another end', 300, 299],
  ])('is refused when it %s', async (_, size, forkAt) => {
    await watch(published(300)).head();
    await expect(watch(published(size, forkAt)).head()).rejects.toMatchObject({ name: 'IntegrityError' });
    expect(
      watch(published(1))
        .seen(key.verifier.name)
        .map((head) => head.size),
    ).toEqual([300]);
  });

  it('is believed by its own key alone', async () => {
    const other = signingKey(key.verifier.name, 'ed25519', new Uint8Array(32).fill(1));
    await expect(watch(published(3), other.verifier).head()).rejects.toMatchObject({ name: 'ProofError' });
  });

  it('must be signed with every key that is pinned, by the keys that are', async () => {
    const second = signingKey(key.verifier.name, 'ml-dsa-44', new Uint8Array(32).fill(8));
    const other = signingKey(key.verifier.name, 'ml-dsa-44', new Uint8Array(32).fill(7));
    const keys = [key.verifier, second.verifier];
    const policy = policyOfLog(...keys.map(formatVerifierKey));
    const insisting = (log: PublicLog) => new WatchedLog(log, policy, () => path, keys);
    expect((await insisting(published(3, Infinity, [key, second])).head()).checkpoint.size).toBe(3);
    for (const signers of [[key], [second], [key, other]])
      await expect(insisting(published(3, Infinity, signers)).head()).rejects.toMatchObject({
        name: 'IntegrityError',
        message: expect.stringContaining('which is pinned too'),
      });
    // Who pinned one is content with it.
    expect((await watch(published(3, Infinity, [key, other])).head()).checkpoint.size).toBe(3);
  });

  it('begins anew where the heads kept are damaged', async () => {
    await watch(published(3)).head();
    writeFileSync(path, readFileSync(path).subarray(0, 10));
    expect((await watch(published(2)).head()).checkpoint.size).toBe(2);
  });
});
