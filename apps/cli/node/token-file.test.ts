import { existsSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { withFileLock } from './file-lock.js';
import { TokenFile } from './token-file.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

let path: string;
let file: TokenFile;
beforeEach(() => {
  path = join(temporaryFolder('tokens'), 'tokens.json');
  file = new TokenFile(path, { issuer: 'http://127.0.0.1:1', clientId: 'amana-cli', resource: 'http://api.test' });
});
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);

describe('tokens in a file', () => {
  it('are kept for their owner alone', async () => {
    file.write({ accessToken: 'a', refreshToken: null, expiresAt: inSeconds(600) });
    expect(await file.current()).toBe('a');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('are none before the first sign-in, or where the file is something else', async () => {
    expect(await file.current()).toBeNull();
    writeFileSync(path, '{"accessToken":5}');
    expect(await file.current()).toBeNull();
    expect(await file.renew('a')).toBeNull();
  });

  it('that ended and cannot be renewed are for the server to refuse', async () => {
    file.write({ accessToken: 'old', refreshToken: null, expiresAt: inSeconds(-1) });
    expect(await file.current()).toBe('old');
    expect(await file.renew('old')).toBeNull();
  });

  it('that another process renewed meanwhile are taken from it', async () => {
    file.write({ accessToken: 'new', refreshToken: 'used up', expiresAt: inSeconds(600) });
    expect(await file.renew('old')).toBe('new');
  });

  it('are not lost when the issuer does not answer', async () => {
    file.write({ accessToken: 'old', refreshToken: 'r', expiresAt: inSeconds(-1) });
    await expect(file.renew('old')).rejects.toMatchObject({ code: 'unreachable' });
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});

describe('a lock', () => {
  it('lets one work at a time', async () => {
    let [inside, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise(setImmediate);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 10 }, () => withFileLock(`${path}.lock`, work)));
    expect(most).toBe(1);
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it.each([
    ['who is dead', '999999999', 0],
    ['who hangs', String(process.pid), 120],
  ])('is taken over from a holder %s', async (_, holder, ageSeconds) => {
    writeFileSync(`${path}.lock`, holder);
    utimesSync(`${path}.lock`, inSeconds(-ageSeconds), inSeconds(-ageSeconds));
    expect(await withFileLock(`${path}.lock`, () => Promise.resolve('done'))).toBe('done');
  });

  it('is given back when the work fails', async () => {
    await expect(withFileLock(`${path}.lock`, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});
