import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { codeOf } from '../../../../test/support/code-of.js';
import { temporaryFolder } from '../../../../test/support/temporary-folder.js';
import { FileStore } from './file-store.js';
import { FileVersions } from './file-versions.js';

const KEY = 'evidence/one';
const HOUR_MS = 3_600_000;

describe('a store of files on a disk that does not keep its word', () => {
  let folder: string;
  let store: FileStore;
  let versionId: string;
  beforeEach(async () => {
    folder = temporaryFolder('disk');
    store = await FileStore.open(folder);
    ({ versionId } = await store.putObject(KEY, Buffer.from('bytes')));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await store.close();
  });

  const until = new Date(Date.now() + HOUR_MS);
  const lockFile = () => join(folder, 'objects', ...KEY.split('/'), '@', `${versionId}.until`);

  /** The disk does this instead of keeping the lock. */
  function losesLocks(instead: () => Promise<void>): void {
    jest.spyOn(FileVersions.prototype, 'retain').mockImplementation(instead);
  }

  it('reads back the lock it has set', async () => {
    expect((await store.retain(KEY, versionId, until)).getTime()).toBeGreaterThanOrEqual(until.getTime());
    expect(await readdir(join(lockFile(), '..'))).toContain(`${versionId}.until`);
  });

  it.each<[string, () => Promise<void>]>([
    ['was not kept at all', () => Promise.resolve()],
    ['was kept for less', () => writeFile(lockFile(), new Date(until.getTime() - 1000).toISOString())],
  ])('says that it is no write-once store when a lock %s', async (_, instead) => {
    losesLocks(instead);
    expect(await codeOf(() => store.retain(KEY, versionId, until))).toBe('not-worm');
  });

  it('does not take part in a platform then: its self-test fails', async () => {
    losesLocks(() => Promise.resolve());
    expect(await codeOf(() => store.selfTest())).toBe('not-worm');
  });

  it('answers a ping, and does not once its folder is gone', async () => {
    await store.ping();
    const { rm } = await import('node:fs/promises');
    await rm(join(folder, 'drafts'), { recursive: true });
    expect(await codeOf(() => store.ping())).toBe('not-found');
  });
});
