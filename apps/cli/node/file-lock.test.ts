import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { withFileLock } from './file-lock.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

let path: string;
beforeEach(() => {
  path = join(temporaryFolder('lock'), 'lock');
});
const locked = () =>
  withFileLock(
    path,
    () => Promise.resolve('done'),
    () => new Error('it is held'),
  );
const longAgo = new Date(Date.now() - 86_400_000);

describe('a lock that is not waited for', () => {
  it('is refused while its holder lives, however long it has held it', async () => {
    const inside = async () => {
      utimesSync(path, longAgo, longAgo);
      await expect(locked()).rejects.toThrow('it is held');
      return existsSync(path);
    };
    expect(await withFileLock(path, inside)).toBe(true);
    expect(await locked()).toBe('done');
  });

  it('is taken over at once when its holder was killed', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(holder, 'spawn');
    writeFileSync(path, String(holder.pid));
    await expect(locked()).rejects.toThrow('it is held');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(await locked()).toBe('done');
  });

  (existsSync('/proc/self/stat') ? it : it.skip)('is taken over when another process has its number now', async () => {
    const held = await withFileLock(path, () => Promise.resolve(readFileSync(path, 'utf8')));
    writeFileSync(path, held);
    await expect(locked()).rejects.toThrow('it is held');
    writeFileSync(path, held.replace(/ \d+$/, ' 1'));
    expect(await locked()).toBe('done');
  });

  it('is taken over when its holder was killed before it said who it is', async () => {
    writeFileSync(path, '');
    await expect(locked()).rejects.toThrow('it is held');
    utimesSync(path, longAgo, longAgo);
    expect(await locked()).toBe('done');
  });
});
