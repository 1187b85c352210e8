import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EvidenceStore } from './evidence-store.js';
import { FileStore } from './file/file-store.js';
import { StoreError } from './store-error.js';
import { proveWorm } from './worm-proof.js';

let folder: string;
let store: EvidenceStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-worm-test-'));
  store = await FileStore.open(folder);
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** The real store, with one promise broken. */
function but(broken: Partial<EvidenceStore>): EvidenceStore {
  return new Proxy(store, {
    get: (target, name: keyof EvidenceStore) => {
      const found: unknown = Reflect.get(name in broken ? broken : target, name);
      return typeof found === 'function' ? (found.bind(target) as unknown) : found;
    },
  });
}

const lies: [name: string, broken: () => Partial<EvidenceStore>][] = [
  ['lets a locked object go', () => ({ remove: () => Promise.resolve() })],
  ['lets a lock be shortened', () => ({ retain: (_key, _version, until) => Promise.resolve(until) })],
  ['forgets a lock', () => ({ retention: () => Promise.resolve(null) })],
  ['dates a lock back', () => ({ retention: () => Promise.resolve(new Date(0)) })],
  ['changes a locked object', () => ({ getObject: () => Promise.resolve(Buffer.alloc(32)) })],
];

describe('the proof that a store is write-once', () => {
  it('holds for the file store', async () => {
    await proveWorm(store, new Date());
  });

  it.each(lies)('fails for a store that %s', async (_, broken) => {
    await expect(proveWorm(but(broken()), new Date())).rejects.toMatchObject({ code: 'not-worm' });
  });

  it('fails when a further attack succeeds, and holds when it is refused', async () => {
    const succeeds = () => [() => Promise.resolve()];
    const isRefused = () => [() => Promise.reject(new StoreError('denied', 'no'))];
    await expect(proveWorm(store, new Date(), succeeds)).rejects.toMatchObject({ code: 'not-worm' });
    await proveWorm(store, new Date(), isRefused);
  });

  it('does not take an unreachable store for one that refuses', async () => {
    const remove = (): Promise<void> => Promise.reject(new StoreError('unreachable', 'gone'));
    await expect(proveWorm(but({ remove }), new Date())).rejects.toMatchObject({ code: 'unreachable' });
  });
});
