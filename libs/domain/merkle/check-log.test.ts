import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  checkLog,
  encodeEntryBundle,
  entryBundlePath,
  growTree,
  leafHash,
  type LogFault,
  type LogSource,
  RightEdge,
  type TreeHead,
  tilePath,
} from './index.js';

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

/** A log in memory: its objects by their C2SP paths. */
class StoredLog implements LogSource {
  readonly objects = new Map<string, Uint8Array>();
  readonly head: TreeHead;

  constructor(readonly entries: readonly Uint8Array[]) {
    const grown = growTree(
      new RightEdge(0, [], sha256),
      [],
      entries.map((entry) => leafHash(entry, sha256)),
    );
    for (const tile of grown.tiles) this.objects.set(tilePath(tile), tile.bytes);
    for (let at = 0; at < entries.length; at += 256) {
      const bundle = entries.slice(at, at + 256);
      this.objects.set(entryBundlePath({ index: at / 256, width: bundle.length }), encodeEntryBundle(bundle));
    }
    this.head = { size: entries.length, root: grown.edge.root() };
  }

  async readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    return this.read(tilePath({ level, index, width }));
  }

  async readEntryBundle(index: number, width: number): Promise<Uint8Array> {
    return this.read(entryBundlePath({ index, width }));
  }

  /** The log with one byte of an object changed. */
  flip(path: string, at: number): this {
    const bytes = Uint8Array.from(this.read(path));
    bytes[at]! ^= 1;
    this.objects.set(path, bytes);
    return this;
  }

  private read(path: string): Uint8Array {
    const bytes = this.objects.get(path);
    if (!bytes) throw new Error(`no ${path}`);
    return bytes;
  }
}

const entriesOf = (size: number) => Array.from({ length: size }, (_, at) => new TextEncoder().encode(`entry ${at}`));
const logOf = (size: number) => new StoredLog(entriesOf(size));

const leafHashesOf = (log: StoredLog) => log.entries.map((entry) => leafHash(entry, sha256));
const sameBytes = (a: Uint8Array[], b: Uint8Array[]) => Buffer.concat(a).equals(Buffer.concat(b));

async function check(log: StoredLog, head = log.head): Promise<{ faults: LogFault[]; leafHashes: Uint8Array[] }> {
  const faults: LogFault[] = [];
  const leafHashes: Uint8Array[] = [];
  for await (const stretch of checkLog(head, log, sha256)) {
    expect(stretch.first).toBe(leafHashes.length);
    faults.push(...stretch.faults);
    leafHashes.push(...stretch.leafHashes);
  }
  return { faults, leafHashes };
}

const found = async (log: StoredLog) => (await check(log)).faults.map(({ part, index }) => ({ part, index }));

const LARGE = 65_536 + 256 * 3 + 17;

describe('recomputing a log from its stored bytes', () => {
  it.each([0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_536, LARGE])(
    'finds a whole log of %i entries whole',
    async (size) => {
      const log = logOf(size);
      const { faults, leafHashes } = await check(log);
      expect(faults).toEqual([]);
      expect(leafHashes.length).toBe(size);
      expect(sameBytes(leafHashes, leafHashesOf(log))).toBe(true);
    },
  );

  it.each([
    ['a full bundle', 1000, 'tile/entries/001', 2 + 7, { part: 'bundle', index: 256 }],
    ['a length within a bundle', 1000, 'tile/entries/000', 9 * 3, { part: 'bundle', index: 0 }],
    ['the partial bundle', 1000, 'tile/entries/003.p/232', 5, { part: 'bundle', index: 768 }],
    ['a full tile', 1000, 'tile/0/002', 32 * 9 + 3, { part: 'tile', index: 512 + 9 }],
    ['the partial tile of level 0', 1000, 'tile/0/003.p/232', 32 * 231, { part: 'tile', index: 768 + 231 }],
    ['the partial tile of level 1', 1000, 'tile/1/000.p/3', 32 * 2, { part: 'tile', index: 512 }],
    ['a full tile of level 1', LARGE, 'tile/1/000', 32 * 200, { part: 'tile', index: 256 * 200 }],
    ['the next tile of level 1', LARGE, 'tile/1/001.p/3', 32, { part: 'tile', index: 65_536 + 256 }],
    ['the tile of level 2', LARGE, 'tile/2/000.p/1', 0, { part: 'tile', index: 0 }],
  ] as const)('names the place when one byte of %s is flipped', async (_, size, path, at, fault) => {
    expect(await found(logOf(size).flip(path, at))).toEqual([fault]);
  });

  it('names a bundle or tile that is gone', async () => {
    const log = logOf(1000);
    log.objects.delete('tile/entries/002');
    log.objects.delete('tile/0/001');
    log.objects.delete('tile/1/000.p/3');
    expect(await found(log)).toEqual([
      { part: 'tile', index: 256 },
      { part: 'bundle', index: 512 },
      { part: 'tile', index: 0 },
    ]);
  });

  it('ends where neither a bundle nor its tile can be read', async () => {
    const log = logOf(1000);
    log.objects.delete('tile/entries/001');
    log.objects.delete('tile/0/001');
    expect(await found(log)).toEqual([
      { part: 'tile', index: 256 },
      { part: 'bundle', index: 256 },
    ]);
  });

  it('finds entries that were replaced together with their tile', async () => {
    const forged = new StoredLog(entriesOf(1000).with(300, new Uint8Array([1])));
    const log = logOf(1000);
    for (const path of ['tile/entries/001', 'tile/0/001']) log.objects.set(path, forged.objects.get(path)!);
    expect(await found(log)).toEqual([{ part: 'entries', index: 256 }]);
  });

  it('finds a log that was replaced as a whole under an old head', async () => {
    const forged = new StoredLog(entriesOf(1000).with(300, new Uint8Array([1])));
    const { faults } = await check(forged, logOf(1000).head);
    expect(faults.map(({ part }) => part)).toEqual(['root']);
  });

  it('finds a head over the empty log with another root', async () => {
    const { faults } = await check(logOf(0), { size: 0, root: new Uint8Array(32) });
    expect(faults.map(({ part }) => part)).toEqual(['root']);
  });

  it('passes on what is right where one of two is wrong', async () => {
    const log = logOf(1000);
    const { leafHashes } = await check(log.flip('tile/entries/001', 5).flip('tile/0/002', 40));
    expect(sameBytes(leafHashes, leafHashesOf(log))).toBe(true);
  });
});
