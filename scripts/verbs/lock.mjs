// Lock files that name their holder: one set-up at a time, one running platform a folder. A holder that died is overruled, so that
// what was killed never blocks the next one; one that waits for a set-up also overrules a holder that showed no sign of life for
// half a minute.
import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as delay } from 'node:timers/promises';

const beatMs = 2_000;
const silentMs = 30_000;
const pollMs = 50;

/**
 * Runs `work` while holding `file`; waits for another holder first. The lock is gone when the promise settles.
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} work
 * @param {(holder: number) => void} onWait called once if another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(file, work, onWait = () => {}) {
  const mine = ourName();
  mkdirSync(dirname(file), { recursive: true });
  for (let waited = false; !take(file, mine);) {
    const holder = readHolder(file);
    if (holder && (!isAlive(holder) || isSilent(file))) {
      overrule(file, holder.text);
    } else {
      if (holder && !waited) {
        waited = true;
        onWait(holder.pid);
      }
      await delay(pollMs);
    }
  }
  const beat = setInterval(() => touch(file), beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (readHolder(file)?.text === mine) rmSync(file, { force: true });
  }
}

/**
 * Takes `file` until this process ends, and waits for nobody.
 * @param {string} file
 * @returns {number | null} null when it is ours now, else the process that has it
 */
export function hold(file) {
  const mine = ourName();
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  while (!take(file, mine)) {
    const holder = readHolder(file);
    if (holder && isAlive(holder)) return holder.pid;
    if (holder) overrule(file, holder.text);
  }
  process.once('exit', () => {
    if (readHolder(file)?.text === mine) rmSync(file, { force: true });
  });
  return null;
}

function ourName() {
  return `${process.pid} ${randomUUID()} ${birthOf(process.pid)}\n`;
}

// Written aside and linked into place, so that nobody ever reads a lock without its holder's name.
function take(file, text) {
  const aside = `${file}.${randomUUID()}`;
  writeFileSync(aside, text, { mode: 0o600 });
  try {
    linkSync(aside, file);
    return true;
  } catch (cause) {
    if (cause.code === 'EEXIST') return false;
    throw cause;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readHolder(file) {
  try {
    const text = readFileSync(file, 'utf8');
    return { text, pid: Number.parseInt(text, 10) };
  } catch (cause) {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}

// A process of that number that was born at another time is somebody else.
function isAlive({ pid, text }) {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    if (cause.code === 'ESRCH') return false;
  }
  const [, , birth = ''] = text.trim().split(' ');
  return birth === '' || birthOf(pid) === birth;
}

function isSilent(file) {
  try {
    return Date.now() - statSync(file).mtimeMs > silentMs;
  } catch {
    return false;
  }
}

// When a process began, in ticks since the machine did; empty where that cannot be told.
function birthOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // One that has ended, and whose end its parent has not yet taken note of, holds nothing.
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

// Two that wait may both find the holder dead; the slower one must not remove the lock that the faster has just taken.
// It moves the file away, looks whose it was, and puts a living one's back.
function overrule(file, text) {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (cause) {
    if (cause.code === 'ENOENT') return;
    throw cause;
  }
  if (readHolder(aside)?.text !== text) {
    try {
      linkSync(aside, file);
    } catch (cause) {
      if (cause.code !== 'EEXIST') throw cause;
    }
  }
  rmSync(aside, { force: true });
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Overruled or finished: the holder's own end tells.
  }
}
