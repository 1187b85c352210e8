import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const { lastLines } = await import(new URL('jest-reporter.mjs', import.meta.url).href);
const checkout = dirname(dirname(import.meta.dirname));
const { resolve } = createRequire(import.meta.url);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-test-run-'));
  const configuration = {
    rootDir: folder,
    reporters: [join(import.meta.dirname, 'jest-reporter.mjs')],
    testMatch: ['<rootDir>/*.test.ts'],
    extensionsToTreatAsEsm: ['.ts'],
    moduleNameMapper: {
      '^(\\.{1,2}/.*)\\.js$': '$1',
      '^@jest/globals$': resolve('@jest/globals'),
      '^requires$': join(checkout, 'test', 'support', 'requires.ts'),
    },
    transform: {
      '\\.ts$': [resolve('@swc/jest'), { jsc: { parser: { syntax: 'typescript' } }, module: { type: 'es6' } }],
    },
  };
  await writeFile(join(folder, 'jest.config.json'), JSON.stringify(configuration));
  const head = "import { expect, it, describe, afterAll } from '@jest/globals'; import { requires } from 'requires';\n";
  const files = {
    works: "it('a', () => {}); it('b', () => {});",
    fails: "it('a', () => { expect(1).toBe(2); });",
    broken: "import 'no-such-module'; it('a', () => {});",
    breaks: "it('a', () => {}); afterAll(() => { throw new Error('left behind'); });",
    needs: "requires('no-such-tool', 'node')('with the tool', () => { it('a', () => {}); it('b', () => {}); });",
    has: "requires('node')('with node', () => { it('a', () => {}); });",
  };
  for (const [name, code] of Object.entries(files)) await writeFile(join(folder, `${name}.test.ts`), head + code);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** What the end of a test run of these files says, and its exit code. */
async function run(
  files: string[],
  environment: NodeJS.ProcessEnv = { CI: '' },
): Promise<{ code: number | null; end: string[] }> {
  const summary = join(folder, `${files.join('-')}.json`);
  const jest = join(dirname(resolve('jest/package.json')), 'bin', 'jest.js');
  const env = {
    ...process.env,
    NODE_OPTIONS: '--experimental-vm-modules',
    AMANA_TEST_SUMMARY: summary,
    ...environment,
  };
  const patterns = files.map((name) => `/${name}\\.test`);
  const { code, printed } = await new Promise<{ code: number | null; printed: string }>((settle) => {
    const child = execFile(
      process.execPath,
      [jest, '--config', join(folder, 'jest.config.json'), ...patterns],
      { cwd: folder, env },
      (_error, out, errors) => {
        settle({ code: child.exitCode, printed: out + errors });
      },
    );
  });
  const counted = await readFile(summary, 'utf8').catch(() => {
    throw new Error(`jest ended with ${code} and no summary:\n${printed}`);
  });
  return { code, end: lastLines(JSON.parse(counted)) };
}

describe('a test run', () => {
  it('counts tests, files that cannot run, and files that break outside their tests', async () => {
    expect(await run(['works', 'fails', 'broken', 'breaks'])).toEqual({ code: 1, end: ['3 passed, 3 failed'] });
  });

  it('skips what needs a tool that is missing, and says which', async () => {
    const end = ['skipped 2: no-such-tool not found', '3 passed, 0 failed, 2 skipped'];
    expect(await run(['works', 'needs', 'has'])).toEqual({ code: 0, end });
  });

  it('fails for a missing tool where CI=true', async () => {
    expect(await run(['needs', 'has'], { CI: 'true' })).toEqual({ code: 1, end: ['1 passed, 1 failed'] });
  });
});
