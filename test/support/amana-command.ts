import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { temporaryFolder } from './temporary-folder.js';

/** What a run of the command left. */
export interface Transcript {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Bundles the command `amana` from its sources, as the build does, into a file of its own. @returns its path */
export async function bundleAmana(): Promise<string> {
  const outfile = join(temporaryFolder('command'), 'amana.mjs');
  await build({
    entryPoints: ['apps/cli/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['amana-source'],
    banner: {
      js: "import { createRequire as nodeRequire } from 'node:module';\nconst require = nodeRequire(import.meta.url);",
    },
    legalComments: 'none',
    logLevel: 'error',
  });
  return outfile;
}

/** Runs the command as a process of its own, with nothing of this process's environment but PATH, and no terminal. */
export function runAmana(
  command: string,
  args: readonly string[],
  { cwd, env = {}, stdin }: RunOptions = {},
): Promise<Transcript> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...args], {
      cwd,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
    child.stdin.end(stdin ?? '');
  });
}
