import { execFile } from 'node:child_process';
import { appendFile, cp, mkdir, mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildPackage, evidencePath, type PackageEntry, PATHS, verifyPackage } from '#domain/package';
import { hasCommand } from '../../../scripts/services/has-command.js';
import { type Golden, makeGolden } from '../../../test/support/golden-package.js';
import { requires } from '../../../test/support/requires.js';
import { FolderPackage } from './folder-package.js';
import { packageHasher, packageHashers } from './package-hasher.js';

const run = promisify(execFile);
let folder: string;
let made: string;
let golden: Golden;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-package-'));
  made = join(folder, 'made');
  golden = await makeGolden();
  await buildPackage(golden.content, new FolderPackage(made), packageHashers);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A copy to be spoilt. */
async function copy(name: string): Promise<string> {
  const path = join(folder, name);
  await cp(made, path, { recursive: true });
  return path;
}

const verify = (path: string) => verifyPackage(new FolderPackage(path), { hasher: packageHasher });

describe('a package in a folder', () => {
  it('is verified', async () => {
    expect(await verify(made)).toMatchObject({ verdict: 'verified', checked: { bagFiles: 23, files: 2, events: 8 } });
  });

  it('gives the bytes that were written, in pieces', async () => {
    const pieces: Uint8Array[] = [];
    for await (const piece of new FolderPackage(made).open(evidencePath(golden.plaintexts[0]!.id))) {
      pieces.push(Uint8Array.from(piece));
    }
    expect(pieces.length).toBe(2);
    const whole = await readFile(join(made, evidencePath(golden.plaintexts[0]!.id)));
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
  });

  it('may be left in the middle of a file', async () => {
    for await (const piece of new FolderPackage(made).open(evidencePath(golden.plaintexts[0]!.id))) {
      expect(piece).toHaveLength(1 << 20);
      break;
    }
  });

  it('is not written over, and keeps what was there', async () => {
    const again = new FolderPackage(made);
    await expect(again.write(PATHS.readme, Buffer.from('other'))).rejects.toMatchObject({ code: 'exists' });
    expect(await verify(made)).toMatchObject({ verdict: 'verified' });
  });

  it('is not written where there can be no folder', async () => {
    await writeFile(join(folder, 'file'), '');
    const writing = new FolderPackage(join(folder, 'file', 'package')).write('bagit.txt', Buffer.from(''));
    await expect(writing).rejects.toMatchObject({
      code: 'unwritable',
      message: 'bagit.txt cannot be written: ENOTDIR',
    });
  });

  it('passes on what its content throws', async () => {
    async function* failing(): AsyncIterable<Uint8Array> {
      yield Buffer.from('a');
      throw new TypeError('from the network');
    }
    await expect(new FolderPackage(join(folder, 'failing')).write('a', failing())).rejects.toThrow(TypeError);
  });
});

describe('a symbolic link in a package', () => {
  it('is refused and named, where it stands for a file of the package', async () => {
    const path = await copy('link-to-file');
    await rename(join(path, PATHS.readme), join(folder, 'elsewhere.html'));
    await symlink(join(folder, 'elsewhere.html'), join(path, PATHS.readme));
    expect(await verify(path)).toMatchObject({
      verdict: 'broken',
      link: 'bag',
      detail: 'data/README.html is a symbolic link, not a file',
    });
  });

  it('is refused and named, where it stands for a folder', async () => {
    const path = await copy('link-to-folder');
    await rename(join(path, 'data/custody'), join(folder, 'custody'));
    await symlink(join(folder, 'custody'), join(path, 'data/custody'));
    expect(await verify(path)).toMatchObject({
      verdict: 'broken',
      link: 'bag',
      detail: expect.stringMatching(/data\/custody is a symbolic link/),
    });
  });

  it('is not followed when it takes the place of a file that was listed', async () => {
    const path = await copy('link-later');
    await rm(join(path, PATHS.readme));
    await symlink('/etc/hostname', join(path, PATHS.readme));
    const reading = (async () => {
      for await (const _ of new FolderPackage(path).open(PATHS.readme)) throw new Error('it was read');
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'unreadable',
      message: 'data/README.html cannot be read: ELOOP',
    });
  });
});

describe('what else can be in a folder', () => {
  it('is listed by kind', async () => {
    const path = await copy('kinds');
    await mkdir(join(path, 'data/empty-folder'));
    await run('mkfifo', [join(path, 'data/pipe')]);
    await writeFile(Buffer.concat([Buffer.from(join(path, 'data/')), Buffer.of(0xff)]), 'x');
    const entries: PackageEntry[] = [];
    for await (const entry of new FolderPackage(path).list()) entries.push(entry);
    expect(entries).toHaveLength(25);
    expect(entries).toContainEqual({ path: 'data/pipe', kind: 'special file', sizeBytes: 0 });
    // A name that is not UTF-8.
    expect(entries).toContainEqual({ path: 'data/\ufffd', kind: 'file', sizeBytes: 0 });
  });

  it('leaves a folder that is none undecided', async () => {
    expect(await verify(join(folder, 'nowhere'))).toMatchObject({
      verdict: 'undecided',
      link: null,
      detail: '. cannot be read: ENOENT',
    });
  });

  it.each<[string, (path: string) => Promise<void>, string]>([
    ['a file cut short', (path) => truncate(join(path, evidencePath(golden.plaintexts[0]!.id)), 1_000_000), 'payload'],
    ['a file continued', (path) => appendFile(join(path, PATHS.events), '\n'), 'custody-entry'],
    [
      'a proof as large as a disk',
      (path) => truncate(join(path, 'data/custody/proofs/8.tlog-proof'), 10 * 2 ** 30),
      'inclusion',
    ],
  ])('%s is found', async (what, spoil, link) => {
    const path = await copy(what);
    await spoil(path);
    expect(await verify(path)).toMatchObject({ verdict: 'broken', link });
  });
});

requires('sha256sum', 'sha512sum')('for the tools that every Linux has', () => {
  it.each([
    ['sha256sum', 'manifest-sha256.txt'],
    ['sha512sum', 'manifest-sha512.txt'],
    ['sha256sum', 'tagmanifest-sha256.txt'],
  ])('%s -c accepts %s', async (command, list) => {
    const { stdout } = await run(command, ['--strict', '-c', list], { cwd: made });
    const files = (await readFile(join(made, list), 'utf8')).trimEnd().split('\n');
    expect(stdout.trimEnd().split('\n')).toEqual(files.map((line) => `${line.replace(/^\S+ {2}/, '')}: OK`));
  });
});

requires('age')('for age', () => {
  it.each(['age', 'rage'].filter((command) => command === 'age' || hasCommand(command)))(
    '%s -d opens the evidence',
    async (command) => {
      const identity = join(folder, `identity-${command}.txt`);
      await writeFile(identity, `${golden.identity}\n`, { mode: 0o600 });
      for (const { id, bytes } of golden.plaintexts) {
        const { stdout } = await run(command, ['-d', '-i', identity, join(made, evidencePath(id))], {
          encoding: 'buffer',
          maxBuffer: 1 << 24,
        });
        expect(stdout.equals(bytes)).toBe(true);
      }
    },
  );
});
