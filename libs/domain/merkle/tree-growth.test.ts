import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberedLeafHashes, ReferenceTree } from '../../../test/support/reference-tree.js';
import { TileShelf } from '../../../test/support/tile-shelf.js';
import { rootFromTiles } from './prove.js';
import { RightEdge } from './right-edge.js';
import { tilePath } from './tile-path.js';
import { growTree, partialTiles, tilesOfGrowth } from './tree-growth.js';

const nodeSha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');
const leaves = numberedLeafHashes(70_000);
const paths = (tiles: Parameters<typeof tilePath>[0][]): string[] => tiles.map(tilePath);

describe('the tiles of a growing tree', () => {
  it.each([
    [0, 0, []],
    [0, 1, ['tile/0/000.p/1']],
    [5, 5, []],
    [0, 256, ['tile/0/000', 'tile/1/000.p/1']],
    [255, 257, ['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']],
    [256, 257, ['tile/0/001.p/1']],
    [511, 513, ['tile/0/001', 'tile/0/002.p/1', 'tile/1/000.p/2']],
    [65_535, 65_536, ['tile/0/255', 'tile/1/000', 'tile/2/000.p/1']],
    [2 ** 53 - 2, 2 ** 53 - 1, ['tile/0/x035/x184/x372/x088/831.p/255']],
  ])('from %d to %d are listed', (from, to, expected) => {
    expect(paths(tilesOfGrowth(from, to))).toEqual(expected);
  });

  it('of 70000 leaves are those of the example in the specification', () => {
    const tiles = paths(tilesOfGrowth(0, 70_000));
    expect(tiles.filter((path) => /^tile\/0\/\d{3}$/.test(path))).toHaveLength(273);
    expect(tiles.slice(273)).toEqual(['tile/0/273.p/112', 'tile/1/000', 'tile/1/001.p/17', 'tile/2/000.p/1']);
    expect(paths(partialTiles(70_000))).toEqual(['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1']);
  });

  it.each([
    [-1, 1],
    [1, 0],
    [0, 2 ** 53],
    [0.5, 1],
  ])('from %d to %d are refused', (from, to) => {
    expect(() => tilesOfGrowth(from, to)).toThrow(expect.objectContaining({ code: 'bad-size' }));
  });

  it('hold the hashes of the tree, whatever batches it grew by', () => {
    const reference = new ReferenceTree(leaves.slice(0, 1400));
    fc.assert(
      fc.property(fc.array(fc.nat(700), { minLength: 1, maxLength: 8 }), (batches) => {
        const shelf = new TileShelf();
        let edge = new RightEdge();
        for (const batch of batches) {
          const to = Math.min(1400, edge.size + batch);
          const growth = growTree(edge, shelf.partial(edge.size), leaves.slice(edge.size, to));
          expect(paths([...growth.tiles])).toEqual(paths(tilesOfGrowth(edge.size, to)));
          for (const { level, index, width, bytes } of growth.tiles) {
            const expected = Array.from({ length: width }, (_, at) => {
              const node = index * 256 + at;
              return reference.root((node + 1) * 256 ** level, node * 256 ** level);
            });
            expect(Buffer.from(bytes).equals(Buffer.concat(expected))).toBe(true);
          }
          shelf.put(growth.tiles);
          edge = growth.edge;
          expect(edge.root()).toEqual(reference.root(to));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('give the root back at 70000 leaves, over three levels', async () => {
    const shelf = new TileShelf();
    let edge = new RightEdge(0, [], nodeSha256);
    for (const to of [300, 65_000, 65_536, 70_000]) {
      const growth = growTree(edge, shelf.partial(edge.size), leaves.slice(edge.size, to));
      shelf.put(growth.tiles);
      edge = growth.edge;
    }
    expect(await rootFromTiles(70_000, shelf, nodeSha256)).toEqual(edge.root());
    // An older root, out of wider tiles.
    const old = growTree(new RightEdge(0, [], nodeSha256), [], leaves.slice(0, 12_345)).edge.root();
    expect(await rootFromTiles(12_345, shelf, nodeSha256)).toEqual(old);
  });

  it('leave the edge they grew from as it was', () => {
    const { edge, tiles } = growTree(new RightEdge(), [], leaves.slice(0, 3));
    const before = edge.root();
    growTree(edge, tiles, leaves.slice(3, 5));
    expect([edge.size, edge.root()]).toEqual([3, before]);
    expect(tiles[0]?.bytes).toHaveLength(96);
  });

  const { edge, tiles } = growTree(new RightEdge(), [], leaves.slice(0, 300));
  const partial = tiles.filter(({ width }) => width < 256);
  const [first, second] = partial;
  it.each([
    ['none', []],
    ['one missing', [first!]],
    ['another order', [second!, first!]],
    ['one too many', [...partial, first!]],
    ['another width', [{ ...first!, width: first!.width - 1, bytes: first!.bytes.subarray(32) }, second!]],
    ['a byte missing', [{ ...first!, bytes: first!.bytes.subarray(1) }, second!]],
    ['another index', [{ ...first!, index: 0 }, second!]],
  ])('are refused as the partial tiles to grow from: %s', (_, wrong) => {
    expect(partial).toHaveLength(2);
    expect(() => growTree(edge, wrong, leaves.slice(300, 301))).toThrow(expect.objectContaining({ code: 'bad-tile' }));
  });
});
