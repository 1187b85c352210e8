// Runs a built script and starts it again when a source changes. A source that does not compile leaves the last good one running.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { clearTimeout } from 'node:timers';
import { prepare, root, setUp } from './set-up.mjs';

const settleMs = 200;

/** Resolves once the script runs. The watch ends with the process, on SIGINT or SIGTERM, after the script has stopped. */
export async function startAgainOnChange(...path) {
  await setUp();
  const script = join(root, 'dist', ...path);
  let child = run(script);
  let timer;
  let restarting = Promise.resolve();
  const changed = (_kind, name) => {
    if (!name || !/\.(ts|sql)$/.test(name) || name.endsWith('.test.ts')) return;
    clearTimeout(timer);
    timer = setTimeout(() => (restarting = restarting.then(again)), settleMs);
  };
  const again = async () => {
    try {
      await prepare();
    } catch (cause) {
      process.stderr.write(`amana: ${cause.message}\n`);
      return;
    }
    await stop(child, 'SIGTERM');
    child = run(script);
  };
  for (const folder of ['apps', 'libs', 'scripts']) watch(join(root, folder), { recursive: true }, changed);
  // On Ctrl-C the terminal has told the script too; a second signal would cut its own stopping short.
  process.once('SIGINT', () => void waitFor(child).then(() => process.exit(130)));
  process.once('SIGTERM', () => void stop(child, 'SIGTERM').then(() => process.exit(143)));
}

function run(script) {
  return spawn(process.execPath, ['--enable-source-maps', script], { stdio: 'inherit' });
}

async function stop(child, signal) {
  child.kill(signal);
  await waitFor(child);
}

async function waitFor(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
