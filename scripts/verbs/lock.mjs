// One set-up at a time: a lock file that names its holder. A holder that died, or that showed no sign of life for
// half a minute, is overruled, so that a killed set-up never blocks the next one.
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
  const mine = `${process.pid} ${randomUUID()}\n`;
  mkdirSync(dirname(file), { recursive: true });
  for (let waited = false; !take(file, mine);) {
    const holder = readHolder(file);
    if (holder && isGone(holder, file)) {
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

function isGone(holder, file) {
  try {
    process.kill(holder.pid, 0);
  } catch (cause) {
    if (cause.code === 'ESRCH') return true;
  }
  try {
    return Date.now() - statSync(file).mtimeMs > silentMs;
  } catch {
    return false;
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
