import { chmodSync, existsSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader } from 'jose';
import { ProofKey, type Tokens } from '#client/sign-in';
import { AtRest } from './at-rest.js';
import { withFileLock } from './file-lock.js';
import { type SignInAgain, TokenFile } from './token-file.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';

let folder: string;
let path: string;
let file: TokenFile;
let key: ProofKey;
const client = { issuer: 'http://127.0.0.1:1', clientId: 'amana-cli', resource: 'http://api.test' };
const atRest = () => new AtRest({}, folder);
const open = (again?: SignInAgain) => new TokenFile(path, client, atRest(), again);
beforeEach(async () => {
  folder = temporaryFolder('tokens');
  path = join(folder, 'tokens');
  file = open();
  key = await ProofKey.create();
});
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000);
const person = { subject: 'officer-1', email: null, name: null };
const tokens = (changed: Partial<Tokens>): Tokens => ({
  ...{ accessToken: 'a', refreshToken: null, idToken: null, expiresAt: inSeconds(600), key, person },
  ...changed,
});
const held = (accessToken: string) => ({ accessToken, prove: () => Promise.resolve('') });

describe('tokens in a file', () => {
  it('are kept for their owner alone, and with their key', async () => {
    await file.write(tokens({}), 'password');
    const credential = await open().current();
    expect(credential?.accessToken).toBe('a');
    const proof = await credential!.prove({ method: 'GET', url: 'http://api.test/v1?x=1', nonce: 'n' });
    expect(await calculateJwkThumbprint(decodeProtectedHeader(proof).jwk!)).toBe(key.thumbprint);
    expect(decodeJwt(proof)).toMatchObject({ htm: 'GET', htu: 'http://api.test/v1', nonce: 'n' });
    for (const name of ['tokens', 'at-rest.key']) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it('are unreadable on their own: neither token nor key stands there in clear', async () => {
    await file.write(tokens({ accessToken: 'the.access.token', refreshToken: 'the-refresh-token' }), 'password');
    const stored = readFileSync(path, 'latin1');
    for (const secret of ['the.access.token', 'the-refresh-token', (await key.privateJwk()).d!])
      expect(stored).not.toContain(secret);
    rmSync(join(folder, 'at-rest.key'));
    expect(await open().current()).toBeNull();
  });

  it('are none before the first sign-in, or where the file is something else or was altered', async () => {
    expect(await file.current()).toBeNull();
    await file.write(tokens({}), 'password');
    const stored = readFileSync(path);
    stored[stored.length - 1]! ^= 1;
    for (const other of [stored, '{"accessToken":5}', '', atRest().seal('{"accessToken":"a"}')]) {
      writeFileSync(path, other);
      expect(await file.current()).toBeNull();
      expect(await file.renew(held('a'))).toBeNull();
    }
  });

  it('that ended and cannot be renewed are for the server to refuse', async () => {
    await file.write(tokens({ accessToken: 'old', expiresAt: inSeconds(-1) }), 'password');
    expect((await file.current())?.accessToken).toBe('old');
    expect(await file.renew(held('old'))).toBeNull();
  });

  it('that another process renewed meanwhile are taken from it', async () => {
    await open().write(tokens({ accessToken: 'new', refreshToken: 'used up' }), 'password');
    expect((await file.renew(held('old')))?.accessToken).toBe('new');
  });

  it('are not lost when the issuer does not answer', async () => {
    await file.write(tokens({ accessToken: 'old', refreshToken: 'r', expiresAt: inSeconds(-1) }), 'password');
    await expect(file.renew(held('old'))).rejects.toMatchObject({ code: 'unreachable' });
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('are gone after a sign-out, also one that the issuer could not be told of', async () => {
    await file.write(tokens({ refreshToken: 'r' }), 'password');
    await expect(file.end()).rejects.toMatchObject({ code: 'unreachable' });
    expect([existsSync(path), await file.current()]).toEqual([false, null]);
  });
});

describe('a fresh sign-in', () => {
  const needed = { maxAgeSeconds: 900, acrValues: null };

  it('is asked of the person once, whatever asks for it at once, in the way they signed in', async () => {
    const asked: unknown[] = [];
    const asking = open((...given) => {
      asked.push(given);
      return Promise.resolve(tokens({ accessToken: 'fresh' }));
    });
    await asking.write(tokens({ accessToken: 'stale' }), 'browser');
    const got = await Promise.all([1, 2, 3].map(() => asking.stepUp(held('stale'), needed)));
    expect(got.map((credential) => credential?.accessToken)).toEqual(['fresh', 'fresh', 'fresh']);
    expect(asked).toEqual([['browser', needed]]);
    expect((await file.current())?.accessToken).toBe('fresh');
  });

  it('of somebody else is refused, and changes nothing', async () => {
    const asking = open(() => Promise.resolve(tokens({ person: { ...person, subject: 'officer-2' } })));
    await asking.write(tokens({ accessToken: 'stale' }), 'password');
    await expect(asking.stepUp(held('stale'), needed)).rejects.toMatchObject({ code: 'refused' });
    expect((await file.current())?.accessToken).toBe('stale');
  });

  it('is none where nobody can be asked', async () => {
    await file.write(tokens({}), 'password');
    expect(await file.stepUp(held('a'), needed)).toBeNull();
  });
});

describe('the key of what is kept', () => {
  it('lies in the runtime folder of the user, where there is one that is theirs alone', () => {
    const runtime = temporaryFolder('runtime');
    chmodSync(runtime, 0o700);
    const sealed = new AtRest({ XDG_RUNTIME_DIR: runtime }, folder).seal('kept');
    expect(existsSync(join(runtime, 'amana', 'at-rest.key'))).toBe(true);
    expect([new AtRest({ XDG_RUNTIME_DIR: runtime }, folder).open(sealed), atRest().open(sealed)]).toEqual([
      'kept',
      null,
    ]);
    chmodSync(runtime, 0o755);
    expect(new AtRest({ XDG_RUNTIME_DIR: runtime }, folder).open(sealed)).toBeNull();
  });

  it('is one, however many make it at once', () => {
    const [one, other] = [atRest(), atRest()];
    expect(other.open(one.seal('x'))).toBe('x');
    expect(one.open(other.seal('y'))).toBe('y');
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
