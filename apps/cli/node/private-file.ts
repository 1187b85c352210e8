import { randomUUID } from 'node:crypto';
import { mkdirSync, openSync, closeSync, fsyncSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isSystemError } from './system-error.js';

/** Writes a file whole or not at all, readable by its owner alone. Durable on return. */
export function writePrivateFile(path: string, content: Uint8Array | string): void {
  makePrivateFolder(dirname(path));
  const aside = `${path}.${randomUUID()}.new`;
  try {
    const descriptor = openSync(aside, 'wx', 0o600);
    try {
      writeFileSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(aside, path);
  } catch (cause) {
    rmSync(aside, { force: true });
    throw cause;
  }
  syncFolder(dirname(path));
}

/** A file's content; null when there is no such file. */
export function readFileIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw cause;
  }
}

export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Makes what was created or renamed in a folder survive a power cut. */
export function syncFolder(path: string | Buffer): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
