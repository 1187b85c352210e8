import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, publishFile, removeFile, StoreError, writeFileSynced } from '#server/storage';
import { HEADS_KEPT, HeadMoved, type HeadStore, type KeptHead } from './head-store.js';

const NAME = /^\d{16}$/;

/**
 * Heads as files, `<folder>/<hash of the origin>/<version>`, on a local disk or any file system where `link` is atomic. A version is
 * written under another name, synced, and linked to its own: the file system lets one of all who try succeed, and no crash leaves a lock.
 */
export class FileHeadStore implements HeadStore {
  constructor(private readonly folder: string) {}

  async read(origin: string): Promise<KeptHead | null> {
    const folder = this.folderOf(origin);
    for (;;) {
      const version = await newest(folder);
      if (version === 0) return null;
      try {
        return { note: await readFile(join(folder, nameOf(version))), version };
      } catch (error) {
        // Replaced and cleared away since: look again.
        if (!isMissing(error)) throw unreadable(error);
      }
    }
  }

  async replace(origin: string, before: KeptHead | null, note: Uint8Array): Promise<KeptHead> {
    const folder = this.folderOf(origin);
    const version = (before?.version ?? 0) + 1;
    try {
      await makeFolder(folder);
      const fresh = join(folder, `new-${randomUUID()}`);
      await writeFileSynced(fresh, note);
      const isOurs = await publishFile(fresh, join(folder, nameOf(version)));
      await removeFile(fresh);
      // A place that was cleared away is free again, and is not the newest.
      if (!isOurs || (await newest(folder)) !== version) throw new HeadMoved(`version ${version} is taken`);
      await clearAway(folder, version);
    } catch (error) {
      throw error instanceof HeadMoved ? error : unreadable(error);
    }
    return { note: Uint8Array.from(note), version };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private folderOf(origin: string): string {
    return join(this.folder, createHash('sha256').update(origin).digest('hex'));
  }
}

const nameOf = (version: number) => String(version).padStart(16, '0');

/** The largest version, 0 where there is none. */
async function newest(folder: string): Promise<number> {
  const versions = await versionsIn(folder);
  return versions.reduce((largest, version) => Math.max(largest, version), 0);
}

async function versionsIn(folder: string): Promise<number[]> {
  try {
    return (await readdir(folder)).filter((name) => NAME.test(name)).map(Number);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(error);
  }
}

async function clearAway(folder: string, current: number): Promise<void> {
  const old = (await versionsIn(folder)).filter((version) => version < current - HEADS_KEPT);
  for (const version of old) await removeFile(join(folder, nameOf(version)));
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function unreadable(error: unknown): StoreError {
  return error instanceof StoreError
    ? error
    : new StoreError('unexpected-answer', 'the head store failed on its folder', error);
}
