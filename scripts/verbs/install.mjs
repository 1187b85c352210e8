// Are the packages of package-lock.json the ones in node_modules? npm leaves the answer in node_modules/.package-lock.json,
// written when an installation has finished, whoever ran it; so an interrupted one counts as none.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** True when every package that the lock file asks for is installed in that version, and none besides. */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!wanted || !present) return false;
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = present[path];
    // Packages of other platforms are optional and stay away.
    if (found ? identity(found) !== identity(entry) : entry.optional !== true) return false;
  }
  return Object.keys(present).every((path) => path in wanted);
}

/** Installs exactly what package-lock.json lists. Package scripts stay off (.npmrc). @throws Error naming npm's exit code */
export async function install(root) {
  const npm = process.env.npm_execpath;
  const [command, ...before] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  const args = [...before, 'ci', '--loglevel=error', '--no-audit', '--no-fund', '--prefer-offline'];
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(status ?? signal));
  });
  if (code !== 0) throw new Error(`npm ci ended with ${code}: the packages could not be installed`);
}

function identity(entry) {
  return JSON.stringify([entry.version, entry.resolved, entry.integrity, entry.link ?? false]);
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
