import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import {
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { folderOutside } from './folder-outside.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { ServiceError } from './service-error.js';
import { canReach, type UserIds } from './unprivileged-user.js';

export interface Cluster {
  readonly data: string;
  /** Of the superuser `postgres`; kept in a file that only we can read. */
  readonly password: string;
}

/** Nothing of the caller's environment may bend the server: PGDATA, PGPORT, LC_ALL, … */
export const serverEnvironment: NodeJS.ProcessEnv = { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C' };

const run = promisify(execFile);
const leavingMs = 15_000;

/**
 * The cluster in a folder, made if there is none, and ready to be started: what a killed server left is out of the way.
 * @throws ServiceError 'in-use' if another server runs on it
 */
export async function openCluster(
  { folder, durable }: { readonly folder: string; readonly durable: boolean },
  binaries: PostgresBinaries,
  user: UserIds | undefined,
): Promise<Cluster> {
  await mkdir(folder, { recursive: true });
  const data = resolve(folder, 'data');
  const password = await keptPassword(join(folder, 'password'));
  if (await isAbsent(join(data, 'PG_VERSION'))) await initialise(binaries, data, password, durable, user);
  const real = await realpath(data);
  await releaseStaleLock(join(real, 'postmaster.pid'));
  return { data: real, password };
}

// Made aside and moved into place when whole: a crash in between leaves no half cluster, only a folder that the next run removes.
async function initialise(
  binaries: PostgresBinaries,
  data: string,
  password: string,
  durable: boolean,
  user: UserIds | undefined,
): Promise<void> {
  const parent = join(data, '..');
  for (const name of await readdir(parent)) {
    if (name.startsWith('data.')) await rm(join(parent, name), { recursive: true, force: true });
  }
  const reachable = user === undefined || (await canReach(user, parent));
  const aside = reachable ? `${data}.${randomUUID()}` : await folderOutside(data);
  await mkdir(aside, { recursive: true, mode: 0o700 });
  const secrets = await mkdtemp(join(reachable ? parent : '/tmp', 'data.password-'));
  const passwordFile = join(secrets, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) for (const path of [aside, secrets, passwordFile]) await chown(path, user.uid, user.gid);
  try {
    const options = { cwd: '/', env: serverEnvironment, ...user };
    await run(
      binaries.initdb,
      [...initdbArguments, ...(durable ? [] : ['--no-sync']), `--pgdata=${aside}`, `--pwfile=${passwordFile}`],
      options,
    );
  } finally {
    await rm(secrets, { recursive: true, force: true });
  }
  // A link to data that is gone.
  if (await isLink(data)) await rm(data);
  if (reachable) await rename(aside, data);
  else await symlink(aside, data);
}

const initdbArguments = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  // The same order and case rules on every machine, whatever locales it has.
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--data-checksums',
];

async function keptPassword(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    const password = randomBytes(24).toString('base64url');
    await writeFile(file, password, { mode: 0o600 });
    return password;
  }
}

/**
 * The lock file of a server that was killed may name a process that is now something else, and PostgreSQL would then refuse to
 * start. A server that is just being stopped, because the process that started it died, is waited for.
 */
async function releaseStaleLock(file: string): Promise<void> {
  const deadline = performance.now() + leavingMs;
  for (;;) {
    const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
    if (Number.isNaN(pid) || (await isAbsent('/proc/self'))) return;
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!commandLine.includes(join(file, '..'))) {
      await rm(file, { force: true });
      return;
    }
    if (performance.now() > deadline) {
      throw new ServiceError('in-use', `another PostgreSQL (process ${pid}) runs on ${join(file, '..')}`);
    }
    await delay(100);
  }
}

async function isAbsent(path: string): Promise<boolean> {
  return stat(path).then(
    () => false,
    () => true,
  );
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}
