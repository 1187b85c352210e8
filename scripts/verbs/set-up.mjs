// What every verb does first: install the packages of the lock file if they are not there, build what changed. Node
// built-ins alone, since it runs before anything is installed.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, planBuild } from './build-tree.mjs';
import { install, isInstalled } from './install.mjs';
import { withLock } from './lock.mjs';

/** The checkout's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Installed and built on return, or the process ends with 1 and the reason printed. */
export async function setUp() {
  await orEnd(prepare);
}

/** Installed on return; builds nothing. Ends the process like setUp(). */
export async function setUpPackages() {
  await orEnd(async () => {
    checkNode();
    if (!isInstalled(root)) await locked(installIfNeeded);
  });
}

/** Sets up, then runs a program of dist/ in this process, its arguments as they came. */
export async function runBuilt(...path) {
  await setUp();
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(join(root, 'dist', ...path)).href);
}

/**
 * Installed and built on return. Quick when nothing changed; safe to call from several processes at once.
 * @throws Error whose message is for people
 */
export async function prepare() {
  checkNode();
  if (isInstalled(root) && !needsBuild()) return;
  await locked(async () => {
    await installIfNeeded();
    const plan = planBuild(root);
    if (plan.changed.length + plan.vanished.length === 0) return;
    const began = Date.now();
    await build(root, plan);
    say(`built ${plan.changed.length} files in ${seconds(began)}`);
  });
}

async function orEnd(work) {
  try {
    await work();
  } catch (cause) {
    process.stderr.write(`amana: ${cause.message}\n`);
    process.exit(1);
  }
}

function needsBuild() {
  const plan = planBuild(root);
  return plan.changed.length + plan.vanished.length > 0;
}

async function installIfNeeded() {
  if (isInstalled(root)) return;
  const began = Date.now();
  say('installing the packages of package-lock.json (about a minute)');
  await install(root);
  say(`installed in ${seconds(began)}`);
}

function locked(work) {
  return withLock(join(root, '.amana', 'set-up.lock'), work, (holder) =>
    say(`waiting for the set-up of process ${holder}`),
  );
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new Error(`Node 20.19 or later is needed; this is ${process.versions.node}`);
}

function say(line) {
  process.stderr.write(`amana: ${line}\n`);
}

function seconds(began) {
  return `${((Date.now() - began) / 1000).toFixed(1)} s`;
}
