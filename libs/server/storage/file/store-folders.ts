import { randomUUID } from 'node:crypto';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyedLock } from '../keyed-lock.js';
import { isErrno, makeFolder } from './durable-files.js';

const DRAFT_LIFE_MS = 3_600_000;

/**
 * Where things lie under the store's root, all on one file system so that finished files are moved, never copied:
 * - `objects/<key>/@/<version id>`: bytes of a version, whole if the name is there; `….until` beside it: its lock. No
 *   key component may be `@`, so one key may lie below another.
 * - `uploads/<upload id>.json .data .parts`: an upload under way: what it is, its bytes, the journal of its whole
 *   parts.
 * - `drafts/`: small files before they get their name. A crash leaves them; the next start removes those an hour old.
 */
export class StoreFolders {
  private readonly making = new KeyedLock();

  private constructor(private readonly root: string) {}

  static async prepare(root: string): Promise<StoreFolders> {
    const folders = new StoreFolders(root);
    for (const folder of [folders.objects, folders.uploads, folders.drafts]) await makeFolder(folder);
    for (const name of await readdir(folders.drafts)) await removeStaleDraft(join(folders.drafts, name));
    return folders;
  }

  get objects(): string {
    return join(this.root, 'objects');
  }

  get uploads(): string {
    return join(this.root, 'uploads');
  }

  get drafts(): string {
    return join(this.root, 'drafts');
  }

  /** The versions of a key that `checkKey` passed. */
  versions(key: string): string {
    return join(this.objects, ...key.split('/'), '@');
  }

  /**
   * Makes that folder. One at a time: who finds a parent there must not be done before its maker has made it durable.
   */
  makeVersions(key: string): Promise<void> {
    return this.making.hold('folder', () => makeFolder(this.versions(key)));
  }

  upload(uploadId: string): { record: string; data: string; journal: string } {
    const path = join(this.uploads, uploadId);
    return { record: `${path}.json`, data: `${path}.data`, journal: `${path}.parts` };
  }

  /** A name that nothing has. */
  draft(): string {
    return join(this.drafts, randomUUID());
  }
}

async function removeStaleDraft(path: string): Promise<void> {
  try {
    if (Date.now() - (await stat(path)).mtimeMs > DRAFT_LIFE_MS) await unlink(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
