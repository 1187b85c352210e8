import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cephInstalled, type CephRgw, startCephRgw } from '../../../test/support/ceph-rgw.js';
import { requires } from '../../../test/support/requires.js';
import { headStoreFrom } from './head-store-from.js';
import { HEADS_KEPT, HeadMoved, type HeadStore, type KeptHead } from './head-store.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-heads-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const noteOf = (text: string) => new Uint8Array(Buffer.from(text));
const textOf = (head: KeptHead | null) => (head === null ? null : [head.version, Buffer.from(head.note).toString()]);

/** The one contract of every head store. Two handles, as two processes have them. */
function contract(open: () => Promise<HeadStore>): void {
  let stores: [HeadStore, HeadStore];
  beforeAll(async () => {
    stores = [await open(), await open()];
  });
  afterAll(async () => {
    for (const store of stores) await store.close();
  });

  it('holds nothing at first, then what was put last, for each log its own', async () => {
    const [one, other] = stores;
    expect(await one.read('a.example/log')).toBeNull();
    const first = await one.replace('a.example/log', null, noteOf('first'));
    await one.replace('b.example/log', null, noteOf('of another'));
    expect(textOf(await other.read('a.example/log'))).toEqual([1, 'first']);
    await other.replace('a.example/log', first, noteOf('second'));
    expect(textOf(await one.read('a.example/log'))).toEqual([2, 'second']);
  });

  it('refuses whoever would replace another head than the one that is held, and keeps it', async () => {
    const [one] = stores;
    const first = await one.replace('c.example/log', null, noteOf('first'));
    await one.replace('c.example/log', first, noteOf('second'));
    for (const before of [null, first])
      await expect(one.replace('c.example/log', before, noteOf('fork'))).rejects.toBeInstanceOf(HeadMoved);
    expect(textOf(await one.read('c.example/log'))).toEqual([2, 'second']);
  });

  it('lets one of many who replace the same head at once succeed, and all see whose it is', async () => {
    let held = await stores[0].replace('d.example/log', null, noteOf('0'));
    for (let round = 1; round <= 5; round++) {
      const attempts = await Promise.allSettled(
        Array.from({ length: 8 }, (_, at) => stores[at % 2]!.replace('d.example/log', held, noteOf(`${round}/${at}`))),
      );
      const winners = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
      expect(winners.length).toBe(1);
      held = winners[0]!;
      for (const store of stores) expect(textOf(await store.read('d.example/log'))).toEqual(textOf(held));
    }
  });

  it('refuses a writer that was away while many heads were replaced and cleared away', async () => {
    const [one] = stores;
    const stale = await one.replace('e.example/log', null, noteOf('0'));
    let held = stale;
    for (let at = 1; at <= HEADS_KEPT + 4; at++) held = await one.replace('e.example/log', held, noteOf(String(at)));
    await expect(one.replace('e.example/log', stale, noteOf('fork'))).rejects.toBeInstanceOf(HeadMoved);
    expect(textOf(await one.read('e.example/log'))).toEqual(textOf(held));
  });
}

describe('a head store of files', () => {
  contract(() => headStoreFrom(pathToFileURL(join(folder, 'files')).href));

  it('keeps a few heads of each log and nothing else', async () => {
    for (const name of await readdir(join(folder, 'files'))) {
      const names = await readdir(join(folder, 'files', name));
      expect(names.length).toBeLessThanOrEqual(HEADS_KEPT + 2);
      expect(names.every((file) => /^\d{16}$/.test(file))).toBe(true);
    }
  });
});

requires({ what: 'Ceph (ceph-common ceph-mon ceph-osd radosgw)', present: cephInstalled() })(
  'a head store on Ceph RGW',
  () => {
    let rgw: CephRgw;
    beforeAll(async () => {
      rgw = await startCephRgw({ folder: join(folder, 'ceph') });
    }, 180_000);
    afterAll(() => rgw?.stop(), 60_000);
    contract(() => headStoreFrom(rgw.storeUrl('heads')));
  },
);

describe('an address of a head store', () => {
  it.each(['file:///', 'file://host/dir', 'http://host/dir', 's3://host/bucket'])('is not %s', async (address) => {
    await expect(headStoreFrom(address)).rejects.toMatchObject({ code: 'bad-address' });
  });
});
