// Runs a built script and starts it again when a source changes. A source that does not compile leaves the last good one running.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { planBuild } from './build-tree.mjs';
import { prepare, root, setUp } from './set-up.mjs';

// Looked for, not waited for: Node's recursive watch loses files that editors replace, and a look takes a few milliseconds.
const lookEveryMs = 400;

/** Resolves once the script runs. The watch ends with the process, on SIGINT or SIGTERM, after the script has stopped. */
export async function startAgainOnChange(...path) {
  await setUp();
  const script = join(root, 'dist', ...path);
  let child = run(script);
  let failed = '';
  const look = async () => {
    const pending = pendingChanges();
    // An editor that saves several files is let finish: the same changes must be seen twice.
    if (pending !== '' && pending !== failed && pending === seen) {
      try {
        await prepare();
        await stop(child);
        child = run(script);
      } catch (cause) {
        failed = pending;
        process.stderr.write(`amana: ${cause.message}\n`);
      }
    }
    seen = pending;
    setTimeout(look, lookEveryMs);
  };
  let seen = '';
  setTimeout(look, lookEveryMs);
  // On Ctrl-C the terminal has told the script too; a second signal would cut its own stopping short.
  process.once('SIGINT', () => void ended(child).then(() => process.exit(130)));
  process.once('SIGTERM', () => void stop(child).then(() => process.exit(143)));
}

/** What a build would write, and from which state of the sources; empty when there is nothing to do. */
function pendingChanges() {
  const { changed, vanished, sources } = planBuild(root);
  return [...changed, ...vanished].map((path) => `${path} ${sources[path]}`).join('\n');
}

function run(script) {
  return spawn(process.execPath, ['--enable-source-maps', script], { stdio: 'inherit' });
}

async function stop(child) {
  child.kill('SIGTERM');
  await ended(child);
}

async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
