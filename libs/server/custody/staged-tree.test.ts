import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeEntryBundle, entryBundlePath, growTree, leafHash, RightEdge, tilePath } from '#domain/merkle';
import { nodeSha256 } from './node-hashes.js';
import { type Stageable, StagedTree } from './staged-tree.js';

const entriesOf = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => Buffer.from(`entry ${from + at}`));

/** What a store holds after these were written. */
class Shelf {
  readonly objects = new Map<string, string>();

  put({ tiles, bundles }: Stageable): void {
    for (const tile of tiles) this.objects.set(tilePath(tile), Buffer.from(tile.bytes).toString('hex'));
    for (const { index, entries } of bundles) {
      this.objects.set(
        entryBundlePath({ index, width: entries.length }),
        Buffer.from(encodeEntryBundle(entries)).toString('hex'),
      );
    }
  }

  readTile(level: number, index: number, width: number): Promise<Uint8Array> {
    return Promise.resolve(Buffer.from(this.objects.get(tilePath({ level, index, width })) ?? '', 'hex'));
  }
}

/** Everything that a head over so many entries needs in the store, made in one go. */
function allOf(size: number): Map<string, string> {
  const entries = entriesOf(0, size);
  const shelf = new Shelf();
  const { tiles } = growTree(
    new RightEdge(0, [], nodeSha256),
    [],
    entries.map((entry) => leafHash(entry, nodeSha256)),
  );
  const bundles = Array.from({ length: Math.ceil(size / 256) }, (_, index) => ({
    index,
    entries: entries.slice(index * 256, (index + 1) * 256),
  }));
  shelf.put({ tiles, bundles });
  return shelf.objects;
}

/** Sizes of growths, many of them around whole tiles. */
const growths = fc.array(fc.oneof(fc.integer({ min: 1, max: 700 }), fc.constantFrom(1, 255, 256, 257, 512)), {
  minLength: 1,
  maxLength: 8,
});

describe('a staged tree', () => {
  it('stores the same however it grew, and whether or not it was restored in between', async () => {
    await fc.assert(
      fc.asyncProperty(growths, fc.nat(7), async (sizes, restoredAt) => {
        let tree = StagedTree.empty();
        const shelf = new Shelf();
        for (const [at, size] of sizes.entries()) {
          const { tree: grown, filled } = tree.grow(entriesOf(tree.size, size));
          shelf.put(filled);
          tree = grown;
          if (at !== restoredAt) continue;
          shelf.put(tree.partials());
          const tail = tree.size % 256;
          const restored = await StagedTree.restore(tree.size, shelf, entriesOf(tree.size - tail, tail));
          expect(Buffer.from(restored.root()).equals(tree.root())).toBe(true);
          tree = restored;
        }
        shelf.put(tree.partials());
        for (const [path, bytes] of allOf(tree.size)) expect([path, shelf.objects.get(path)]).toEqual([path, bytes]);
      }),
      { numRuns: 25 },
    );
  });

  it('is not restored with other entries than those of its tiles', async () => {
    const { tree } = StagedTree.empty().grow(entriesOf(0, 300));
    const shelf = new Shelf();
    shelf.put(tree.partials());
    await expect(StagedTree.restore(300, shelf, entriesOf(0, 44))).rejects.toMatchObject({ code: 'bad-tile' });
    await expect(StagedTree.restore(300, shelf, entriesOf(256, 43))).rejects.toMatchObject({ code: 'bad-tile' });
    await expect(StagedTree.restore(300, shelf, entriesOf(256, 44))).resolves.toMatchObject({ size: 300 });
  });
});
