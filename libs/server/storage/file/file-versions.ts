import { createHash } from 'node:crypto';
import { readdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StoredVersion } from '../evidence-store.js';
import { KeyedLock } from '../keyed-lock.js';
import { StoreError } from '../store-error.js';
import { isErrno, moveFile, publishFile, removeFile, syncFolder, writeFileSynced } from './durable-files.js';
import type { StoreFolders } from './store-folders.js';

const VERSION_ID = /^\d{8}-[0-9a-f-]{32,36}$/;

/**
 * The finished objects. A version is one read-only file named `<order>-<origin>`: the order in which the versions of
 * its key came, and the upload id or the digest it came from, so that the same work done twice finds what it did the
 * first time.
 */
export class FileVersions {
  private readonly lock = new KeyedLock();

  constructor(
    private readonly folders: StoreFolders,
    private readonly now: () => Date,
  ) {}

  /** @throws StoreError 'not-found' for what cannot be a version id */
  path(key: string, versionId: string): string {
    if (!VERSION_ID.test(versionId)) throw new StoreError('not-found', `no version ${JSON.stringify(versionId)}`);
    return join(this.folders.versions(key), versionId);
  }

  /** @throws ENOENT */
  async stat(key: string, versionId: string): Promise<StoredVersion> {
    return { versionId, sizeBytes: (await stat(this.path(key, versionId))).size };
  }

  /** Oldest first. */
  async list(key: string): Promise<string[]> {
    try {
      const names = await readdir(this.folders.versions(key));
      return names.filter((name) => VERSION_ID.test(name)).sort();
    } catch (error) {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return [];
      throw error;
    }
  }

  async latest(key: string): Promise<StoredVersion | null> {
    const newest = (await this.list(key)).at(-1);
    return newest === undefined ? null : await this.stat(key, newest);
  }

  /** The version that came from this upload. */
  async from(key: string, uploadId: string): Promise<StoredVersion | null> {
    const versionId = (await this.list(key)).find((id) => id.endsWith(`-${uploadId}`));
    return versionId === undefined ? null : await this.stat(key, versionId);
  }

  /** Makes a finished, durable file the newest version of a key. Durable on return. @throws ENOENT */
  adopt(key: string, uploadId: string, file: string): Promise<StoredVersion> {
    return this.lock.hold(key, async () => {
      const versionId = nextId(await this.list(key), uploadId);
      await this.folders.makeVersions(key);
      await moveFile(file, this.path(key, versionId));
      return await this.stat(key, versionId);
    });
  }

  /** Writes a small version unless the key has one. Durable on return. @throws StoreError 'exists-with-other-bytes' */
  putOnce(key: string, bytes: Uint8Array): Promise<StoredVersion> {
    return this.lock.hold(key, async () => {
      const newest = (await this.list(key)).at(-1);
      if (newest !== undefined) return await this.sameBytes(key, newest, bytes);
      const versionId = nextId([], createHash('sha256').update(bytes).digest('hex').slice(0, 32));
      const draft = this.folders.draft();
      await writeFileSynced(draft, bytes);
      await this.folders.makeVersions(key);
      const published = await publishFile(draft, this.path(key, versionId));
      await removeFile(draft);
      if (!published) return await this.sameBytes(key, versionId, bytes);
      return { versionId, sizeBytes: bytes.byteLength };
    });
  }

  /** @throws ENOENT · StoreError 'locked' */
  retain(key: string, versionId: string, until: Date): Promise<void> {
    const path = this.path(key, versionId);
    return this.lock.hold(key, async () => {
      const held = await this.retention(key, versionId);
      if (held !== null && held > until) throw new StoreError('locked', `${key} is locked until ${held.toISOString()}`);
      const draft = this.folders.draft();
      await writeFileSynced(draft, `${until.toISOString()}\n`);
      await rename(draft, `${path}.until`);
      await syncFolder(dirname(path));
    });
  }

  /** @throws ENOENT if there is no such version */
  async retention(key: string, versionId: string): Promise<Date | null> {
    await this.stat(key, versionId);
    try {
      const until = new Date((await readFile(`${this.path(key, versionId)}.until`, 'utf8')).trim());
      if (Number.isNaN(until.getTime())) throw new StoreError('unexpected-answer', `the lock of ${key} is unreadable`);
      return until;
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
  }

  /** @throws StoreError 'locked' */
  remove(key: string, versionId: string): Promise<void> {
    const path = this.path(key, versionId);
    return this.lock.hold(key, async () => {
      const held = await this.retention(key, versionId).catch((error: unknown) => {
        if (isErrno(error, 'ENOENT')) return null;
        throw error;
      });
      if (held !== null && held > this.now())
        throw new StoreError('locked', `${key} is locked until ${held.toISOString()}`);
      if (!(await removeFile(path))) return;
      await removeFile(`${path}.until`);
      await syncFolder(dirname(path));
    });
  }

  /** Writes a small draft, durably, and removes it. @throws whatever the file system says */
  async tryWrite(): Promise<void> {
    const draft = this.folders.draft();
    await writeFileSynced(draft, 'written to see whether it can be');
    await removeFile(draft);
  }

  private async sameBytes(key: string, versionId: string, bytes: Uint8Array): Promise<StoredVersion> {
    const found = await this.stat(key, versionId);
    const same = found.sizeBytes === bytes.byteLength && (await readFile(this.path(key, versionId))).equals(bytes);
    if (!same) throw new StoreError('exists-with-other-bytes', `${key} is written already, with other bytes`);
    return found;
  }
}

function nextId(versions: readonly string[], origin: string): string {
  const order = Number(versions.at(-1)?.slice(0, 8) ?? 0) + 1;
  return `${String(order).padStart(8, '0')}-${origin}`;
}
