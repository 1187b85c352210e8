import { constants } from 'node:fs';
import { link, mkdir, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreError } from '../store-error.js';

/** Makes names in a folder (created, renamed, removed) survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and its parents, for our own user only. Durable on return. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const above = dirname(first);
  for (let parent = dirname(folder); parent.length >= above.length; parent = dirname(parent)) {
    await syncFolder(parent);
    if (parent === dirname(parent)) break;
  }
}

/** Writes a new file. Its content is durable on return, its name not yet. A crash may leave it torn. */
export async function writeFileSynced(path: string, content: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'wx', 0o444);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Moves a file within the file system, whole or not at all. Durable on return. */
export async function moveFile(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
}

/**
 * Gives a finished file its second, lasting name, unless that name is taken. Durable on return. Returns whether it did.
 */
export async function publishFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
  await syncFolder(dirname(to));
  return true;
}

/** Removes a file. Returns whether it was there. The name's end is not yet durable. */
export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Writes all of it, however the kernel may split it. */
export async function writeAt(handle: FileHandle, chunks: Uint8Array[], position: number): Promise<void> {
  let left = chunks;
  let at = position;
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left, at);
    at += bytesWritten;
    let whole = 0;
    for (const chunk of left) {
      if (bytesWritten < chunk.byteLength) break;
      bytesWritten -= chunk.byteLength;
      whole += 1;
    }
    left = left.slice(whole);
    const torn = left[0];
    if (torn !== undefined && bytesWritten > 0) left[0] = torn.subarray(bytesWritten);
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && (error as NodeJS.ErrnoException).code === code;
}

/** Says in the port's words what the file system said. */
export function asStoreError(error: unknown, subject: string): StoreError {
  if (error instanceof StoreError) return error;
  if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return new StoreError('not-found', `no ${subject}`);
  if (isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT'))
    return new StoreError('full', `no room for ${subject}`, error);
  if (isErrno(error, 'EACCES') || isErrno(error, 'EPERM'))
    return new StoreError('denied', `may not touch ${subject}`, error);
  if (isErrno(error, 'EROFS')) return new StoreError('denied', `may not write ${subject}`, error);
  return new StoreError('unexpected-answer', `the file system failed on ${subject}`, error);
}
