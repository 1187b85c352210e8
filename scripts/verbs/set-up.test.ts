import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const module = (name: string) => new URL(name, import.meta.url).href;
const { isInstalled } = await import(module('install.mjs'));
const { build, planBuild } = await import(module('build-tree.mjs'));
const { withLock } = await import(module('lock.mjs'));

const checkout = dirname(dirname(import.meta.dirname));
let root: string;

const write = (path: string, text: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const read = (path: string) => readFileSync(join(root, path), 'utf8');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'amana-set-up-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('whether the packages are installed', () => {
  const entry = (version: string, more = {}) => ({
    version,
    resolved: `https://registry/${version}.tgz`,
    integrity: `sha512-${version}`,
    ...more,
  });
  const asked = {
    '': { name: 'amana' },
    'node_modules/jose': entry('6.2.18'),
    'node_modules/@swc/core-darwin-arm64': entry('1.16.22', { optional: true }),
    'node_modules/@amana/cli': { resolved: 'apps/cli', link: true },
  };
  const present = {
    'node_modules/jose': entry('6.2.18'),
    'node_modules/@amana/cli': { resolved: 'apps/cli', link: true },
  };
  const lock = (packages: object) => write('package-lock.json', JSON.stringify({ packages }));
  const installed = (packages: object) => write('node_modules/.package-lock.json', JSON.stringify({ packages }));

  it('is so when npm says it installed what the lock file asks for, packages of other platforms aside', () => {
    lock(asked);
    installed(present);
    expect(isInstalled(root)).toBe(true);
  });

  it.each([
    ['nothing was installed', undefined],
    ['a package is missing', { 'node_modules/@amana/cli': present['node_modules/@amana/cli'] }],
    ['another version is there', { ...present, 'node_modules/jose': entry('6.2.17') }],
    [
      'other bytes of the same version are there',
      { ...present, 'node_modules/jose': entry('6.2.18', { integrity: 'sha512-other' }) },
    ],
    ['a package is there that nobody asks for', { ...present, 'node_modules/left-pad': entry('1.0.0') }],
    ['a link became a package', { ...present, 'node_modules/@amana/cli': { resolved: 'apps/cli' } }],
  ])('is not so when %s', (_what, packages) => {
    lock(asked);
    if (packages) installed(packages);
    expect(isInstalled(root)).toBe(false);
  });

  it('is not so when the installation was cut short', () => {
    lock(asked);
    write('node_modules/.package-lock.json', '{"packages":{"node_mod');
    expect(isInstalled(root)).toBe(false);
  });
});

describe('the build', () => {
  beforeEach(() => {
    cpSync(join(checkout, '.swcrc'), join(root, '.swcrc'));
    write('package-lock.json', '{}');
    symlinkSync(join(checkout, 'node_modules'), join(root, 'node_modules'));
    write('libs/server/intake/index.ts', 'export const sizeBytes: number = 1;\n');
    write('libs/server/intake/intake.test.ts', 'throw new Error();\n');
    write('libs/server/database/001.sql', 'select 1;\n');
    write('apps/cli/main.ts', "import { join } from 'node:path';\nconsole.log(join('a', 'b'));\n");
    write('apps/cli/package.json', '{}');
  });
  const pending = () => {
    const plan = planBuild(root);
    return [...plan.changed, ...plan.vanished];
  };

  it('transpiles the sources, copies what they read, and leaves tests and package files out', async () => {
    await build(root);
    expect(read('dist/libs/server/intake/index.js')).toMatch(/^export const sizeBytes = 1;/);
    expect(read('dist/libs/server/database/001.sql')).toBe('select 1;\n');
    expect(read('dist/amana.mjs')).toContain('join("a", "b")');
    expect(existsSync(join(root, 'dist/libs/server/intake/intake.test.js'))).toBe(false);
    expect(existsSync(join(root, 'dist/apps/cli/package.json'))).toBe(false);
  });

  it('has nothing to do when nothing changed', async () => {
    await build(root);
    expect(pending()).toEqual([]);
  });

  it('writes again what changed, and only that', async () => {
    await build(root);
    write('dist/libs/server/database/001.sql', 'untouched');
    write('libs/server/intake/index.ts', 'export const sizeBytes: number = 2;\n');
    utimesSync(join(root, 'libs/server/intake/index.ts'), new Date(), new Date(Date.now() + 5_000));
    expect(pending()).toEqual(['libs/server/intake/index.ts']);
    await build(root);
    expect(read('dist/libs/server/intake/index.js')).toMatch(/^export const sizeBytes = 2;/);
    expect(read('dist/libs/server/database/001.sql')).toBe('untouched');
  });

  it('removes what has no source any more', async () => {
    await build(root);
    rmSync(join(root, 'libs/server/intake/index.ts'));
    expect(pending()).toEqual(['libs/server/intake/index.ts']);
    await build(root);
    expect(existsSync(join(root, 'dist/libs/server/intake/index.js'))).toBe(false);
  });

  it('names the file that does not compile, and tries it again next time', async () => {
    write('libs/server/intake/index.ts', 'export const = ;\n');
    const { message } = await build(root).catch((cause: Error) => cause);
    expect(message).toMatch(/1 of 3 files failed\nlibs\/server\/intake\/index\.ts: /);
    expect(message).not.toMatch(/backtrace/i);
    expect(pending()).toContain('libs/server/intake/index.ts');
  });

  it('builds everything anew with other compiler options', async () => {
    await build(root);
    write('.swcrc', JSON.stringify({ ...JSON.parse(read('.swcrc')), sourceMaps: false }));
    expect(pending()).toHaveLength(3);
    await build(root);
    expect(read('dist/libs/server/intake/index.js')).not.toContain('sourceMappingURL');
  });
});

describe('the set-up lock', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const lockFile = () => join(root, '.amana', 'set-up.lock');
  /** Another process that holds the lock until it is killed. */
  const holder = async () => {
    const code = `const { withLock } = await import('${module('lock.mjs')}');
      await withLock('${lockFile()}', () => new Promise(() => { console.log('held'); setInterval(() => {}, 1000); }));`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  };

  it('lets one at a time in, and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(lockFile(), work)));
    expect(most).toBe(1);
    expect(existsSync(lockFile())).toBe(false);
  });

  it('gives the lock back when the work fails', async () => {
    await expect(withLock(lockFile(), () => Promise.reject(new Error('no network')))).rejects.toThrow('no network');
    expect(existsSync(lockFile())).toBe(false);
  });

  it('waits for a living holder, says for whom, and takes over from a killed one', async () => {
    const child = await holder();
    const order: string[] = [];
    const mine = withLock(
      lockFile(),
      async () => {
        order.push('in');
      },
      (pid: number) => {
        order.push(pid === child.pid ? 'waits for the holder' : `waits for ${pid}`);
        child.kill('SIGKILL');
      },
    );
    await mine;
    expect(order).toEqual(['waits for the holder', 'in']);
  });
});
