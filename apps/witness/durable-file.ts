import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { faultPoint, type WrittenFile } from './fault-point.js';

/** The name under which a file is written before it takes its place. What has it after a crash is worth nothing. */
export const UNFINISHED = '.new';

/** The disk failed after a file may have taken its place: only a new start tells which one is there. */
export class UncertainWrite extends Error {
  override readonly name = 'UncertainWrite';
}

/**
 * Puts these bytes in place of a file, for this user alone. Durable on return; a crash before leaves the old file or the new
 * one, whole. Callers take turns on one path.
 * @throws UncertainWrite when either may be there; another error when nothing has changed
 */
export async function replaceFile(path: string, bytes: Uint8Array, what: WrittenFile): Promise<void> {
  const file = await open(`${path}${UNFINISHED}`, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    faultPoint(`${what}-written`);
    await file.sync();
  } finally {
    await file.close();
  }
  faultPoint(`${what}-synced`);
  try {
    await rename(`${path}${UNFINISHED}`, path);
    faultPoint(`${what}-renamed`);
    await syncFolder(dirname(path));
  } catch (cause) {
    throw new UncertainWrite(`${path} may or may not be written`, { cause });
  }
  faultPoint(`${what}-durable`);
}

/** Makes names that came and went in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
