import { mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { formatLogPolicy } from '#domain/merkle';
import { buildPackage, PATHS, proofPath } from '#domain/package';
import { goldenKeys } from '../../../test/support/golden-keys.js';
import { type Golden, makeGolden, packageOf } from '../../../test/support/golden-package.js';
import { EXIT, exitCodeOf } from '../exit-code.js';
import { FolderPackage } from '../node/folder-package.js';
import { packageHashers } from '../node/package-hasher.js';
import { Output } from '../output.js';
import { createProgram } from '../program.js';
import type { CommonOptions, Session } from '../session.js';

let folder: string;
let golden: Golden;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-verify-'));
  golden = await makeGolden();
  await writeFile(join(folder, 'policy'), formatLogPolicy(golden.keys.log.verifier));
  await writeFile(join(folder, 'impostor'), formatLogPolicy(goldenKeys('impostor').log.verifier));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function packageIn(name: string): Promise<string> {
  const path = join(folder, name);
  await buildPackage(golden.content, new FolderPackage(path), packageHashers);
  return path;
}

interface Ended {
  readonly stdout: string;
  readonly failure: unknown;
  readonly exitCode: number;
}

/** `amana verify …`: what it writes on stdout, and what it ends with. */
async function amanaVerify(...args: string[]): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const output = new Output(stdout, stderr, {});
  let failure: unknown = null;
  const program = createProgram({
    run: async (_options, work) => {
      output.json = program.opts<CommonOptions>().json === true;
      await work({ output } as Session).catch((error: unknown) => (failure = error));
    },
  });
  await program.parseAsync(['node', 'amana', 'verify', ...args]);
  const written = (stdout.read() as Buffer | null) ?? '';
  return { stdout: String(written), failure, exitCode: failure === null ? EXIT.done : exitCodeOf(failure) };
}

describe('amana verify', () => {
  it('says what was verified', async () => {
    const { stdout, exitCode } = await amanaVerify(await packageIn('whole'), '--policy', join(folder, 'policy'));
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^verdict {3}verified\nevidence {2}2 files, 1\.1 MiB in 3 chunks\n/);
    expect(stdout).toMatch(/the log's keys are those given/);
  });

  it('prints the verdict as JSON, the same bytes each time', async () => {
    const path = await packageIn('json');
    const { stdout } = await amanaVerify(path, '--json');
    expect((await amanaVerify(path, '--json')).stdout).toBe(stdout);
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['verdict', 'link', 'detail', 'checked']);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'verified', link: null, checked: { events: 8 } });
  });

  it.each<[string, string, RegExp, (path: string) => Promise<void>]>([
    [
      'a proof of 10 GiB',
      'inclusion',
      /8\.tlog-proof has 10737418240 bytes/,
      (path) => truncate(join(path, proofPath(8)), 10 * 2 ** 30),
    ],
    [
      'a symbolic link',
      'bag',
      /data\/link is a symbolic link/,
      (path) => symlink('/etc/passwd', join(path, 'data/link')),
    ],
    ['an altered page', 'bag', /README\.html was altered/, (path) => writeFile(join(path, PATHS.readme), '')],
    [
      'a name of control characters',
      'bag',
      /"data\/\\u001b\[2J\\u202e": a path has a control character/,
      (path) => writeFile(join(path, 'data/\u001b[2J\u202e'), ''),
    ],
    ['a missing declaration', 'bag', /bagit\.txt is missing/, (path) => rm(join(path, 'bagit.txt'))],
  ])('ends with 4 and names the link for %s', async (what, link, says, spoil) => {
    const path = await packageIn(what);
    await spoil(path);
    const { stdout, failure, exitCode } = await amanaVerify(path, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'broken', link, detail: expect.stringMatching(says) });
    expect(failure).toMatchObject({ message: expect.stringMatching(new RegExp(`^broken \\(${link}\\): `)) });
    expect(exitCode).toBe(4);
    expect((await amanaVerify(path)).stdout).toBe('');
  });

  it('ends with 4 where the policy given knows another key', async () => {
    const { failure, exitCode } = await amanaVerify(await packageIn('pinned'), '--policy', join(folder, 'impostor'));
    expect(failure).toMatchObject({ message: expect.stringMatching(/^broken \(checkpoint\): /) });
    expect(exitCode).toBe(4);
  });

  it('ends with 5 where it cannot be told', async () => {
    const path = join(folder, 'undecided');
    const unkeyed = (await packageOf(golden.content)).set(PATHS.policy, null).rebag();
    for (const [name, content] of unkeyed.files) await new FolderPackage(path).write(name, content);
    const { failure, exitCode } = await amanaVerify(path);
    expect(failure).toMatchObject({
      message: expect.stringMatching(/^undecided \(checkpoint\): .*no policy was given/),
    });
    expect(exitCode).toBe(5);
  });

  it.each<[string, () => Promise<string[]>, RegExp]>([
    ['a package that is nowhere', async () => [join(folder, 'nowhere')], /ENOENT/],
    ['a package that is no folder', async () => [join(folder, 'policy')], /is no folder/],
    ['a policy that is nowhere', async () => [await packageIn('p1'), '--policy', join(folder, 'nowhere')], /ENOENT/],
    [
      'a policy that is none',
      async () => [await packageIn('p2'), '--policy', join(folder, 'p2', PATHS.readme)],
      /README\.html": .*line 1/,
    ],
    [
      'a policy that is a disk',
      async () => [await packageIn('p3'), '--policy', await largeFile()],
      /too large to be a policy/,
    ],
  ])('does not take %s', async (_what, args, says) => {
    const { stdout, failure, exitCode } = await amanaVerify(...(await args()));
    expect(stdout).toBe('');
    expect(failure).toMatchObject({ message: expect.stringMatching(says) });
    // An error of Node's file system is not of this realm's Error under Jest: its exit code shows in the built command only.
    if (!says.source.includes('ENOENT')) expect(exitCode).toBe(2);
  });
});

async function largeFile(): Promise<string> {
  const path = join(folder, 'large');
  await writeFile(path, '');
  await truncate(path, 2 ** 40);
  return path;
}
