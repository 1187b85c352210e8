import { closeSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { readFileIfThere } from './private-file.js';
import { isSystemError } from './system-error.js';

const POLL_MS = 50;
/** Nothing that others wait for takes as long, and no holder takes as long to say who it is. */
const STALE_MS = 60_000;

/**
 * Does the work while no other process that asks for the same lock does its own. A lock whose holder died is taken over.
 *
 * @param refusal what to throw, instead of waiting, while the holder lives: its work may take any time then
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>, refusal?: () => Error): Promise<T> {
  while (!take(path)) {
    if (isAbandoned(path, refusal === undefined)) rmSync(path, { force: true });
    else if (refusal !== undefined) throw refusal();
    else await delay(POLL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path: string): boolean {
  try {
    const descriptor = openSync(path, 'wx', 0o600);
    writeFileSync(descriptor, `${process.pid} ${startOf(process.pid)}`);
    closeSync(descriptor);
    return true;
  } catch (cause) {
    if (isSystemError(cause, 'EEXIST')) return false;
    throw cause;
  }
}

function isAbandoned(path: string, byAge: boolean): boolean {
  try {
    const isOld = Date.now() - statSync(path).mtimeMs > STALE_MS;
    const [pid, start = ''] = readFileSync(path, 'utf8').split(' ');
    const holder = Number(pid);
    if (!Number.isInteger(holder) || holder <= 0) return isOld;
    process.kill(holder, 0);
    return (byAge && isOld) || (start !== '' && start !== startOf(holder));
  } catch (cause) {
    return isSystemError(cause, 'ESRCH', 'ENOENT');
  }
}

/** When a process began, to tell it from a later one of its number; '' on systems that do not say (proc(5), field 22 of stat). */
function startOf(pid: number): string {
  const stat = readFileIfThere(`/proc/${pid}/stat`)?.toString() ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}
