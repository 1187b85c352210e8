import { randomUUID } from 'node:crypto';
import { chmod, open, readdir, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';
import type { PartBody, StoredPart, StoredVersion, Upload, UploadHandle } from '../evidence-store.js';
import { KeyedLock } from '../keyed-lock.js';
import { inOrder, partOffset } from '../part-plan.js';
import { StoreError } from '../store-error.js';
import { isErrno, removeFile, syncFolder, writeFileSynced } from './durable-files.js';
import type { FileVersions } from './file-versions.js';
import { OpenUpload } from './open-upload.js';
import { readJournal } from './part-journal.js';
import type { StoreFolders } from './store-folders.js';

const UPLOAD_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const KEEP_OPEN_MS = 5000;

const UploadRecord = z.strictObject({
  key: z.string(),
  sealedSizeBytes: z.int().positive(),
  partSizeBytes: z.int().positive(),
  startedAt: z.iso.datetime(),
});
type UploadRecord = z.infer<typeof UploadRecord>;

/**
 * Uploads under way. Parts are written at their offset into one file of the final size, so that completing is a rename
 * and costs the same for a byte and for a terabyte.
 */
export class FileUploads {
  private readonly lock = new KeyedLock();
  /** Being completed or aborted: a part that comes late must not write into what is about to be sealed. */
  private readonly ending = new Set<string>();
  private readonly opened = new Map<string, Promise<OpenUpload>>();
  private readonly closings = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly folders: StoreFolders,
    private readonly versions: FileVersions,
    private readonly now: () => Date,
  ) {}

  /** The record comes first: whatever a crash leaves here, `list` shows it. */
  async begin(key: string, size: { sealedSizeBytes: number; partSizeBytes: number }): Promise<Upload> {
    const { sealedSizeBytes, partSizeBytes } = size;
    const uploadId = randomUUID();
    const files = this.folders.upload(uploadId);
    const record: UploadRecord = { key, sealedSizeBytes, partSizeBytes, startedAt: this.now().toISOString() };
    const draft = this.folders.draft();
    await writeFileSynced(draft, JSON.stringify(record));
    await rename(draft, files.record);
    const data = await open(files.data, 'wx', 0o600);
    try {
      await data.truncate(sealedSizeBytes);
      await data.sync();
    } finally {
      await data.close();
    }
    await (await open(files.journal, 'wx', 0o600)).close();
    await syncFolder(this.folders.uploads);
    return { key, uploadId, sealedSizeBytes, partSizeBytes };
  }

  async put(
    upload: Upload,
    number: number,
    sizeBytes: number,
    body: PartBody,
    sha256: Uint8Array | null,
  ): Promise<StoredPart> {
    const offset = partOffset(upload, number, sizeBytes);
    const files = await this.files(upload);
    let parts = await this.open(upload.uploadId, files);
    while (parts.closedBy !== null) parts = await this.open(upload.uploadId, files);
    try {
      if (this.ending.has(upload.uploadId)) throw new StoreError('superseded', 'the upload is ending');
      return await parts.put({ number, sizeBytes, offset, body, sha256 });
    } finally {
      this.closeWhenIdle(upload.uploadId);
    }
  }

  async list(olderThan: Date): Promise<(UploadHandle & { startedAt: Date })[]> {
    const uploads: (UploadHandle & { startedAt: Date })[] = [];
    for (const name of await readdir(this.folders.uploads)) {
      if (!name.endsWith('.json')) continue;
      const uploadId = name.slice(0, -'.json'.length);
      const record = await this.record(uploadId);
      if (record === null) continue;
      const startedAt = new Date(record.startedAt);
      if (startedAt < olderThan) uploads.push({ key: record.key, uploadId, startedAt });
    }
    return uploads;
  }

  async parts(upload: UploadHandle): Promise<StoredPart[]> {
    return await readJournal((await this.files(upload)).journal);
  }

  complete(upload: Upload, given: readonly StoredPart[]): Promise<StoredVersion> {
    const parts = inOrder(upload, given);
    return this.end(upload, async () => {
      const done = () => this.versions.from(upload.key, upload.uploadId);
      const version = (await done()) ?? (await this.seal(upload, parts).catch(unlessJoinedBy(done)));
      await this.discard(upload);
      return version;
    });
  }

  async abort(upload: UploadHandle): Promise<void> {
    if (!UPLOAD_ID.test(upload.uploadId)) return;
    await this.end(upload, async () => {
      const record = await this.record(upload.uploadId);
      if (record?.key === upload.key) await this.discard(upload);
    });
  }

  async close(): Promise<void> {
    for (const uploadId of [...this.opened.keys()]) await this.endParts(uploadId);
  }

  private end<T>(upload: UploadHandle, action: () => Promise<T>): Promise<T> {
    return this.lock.hold(upload.uploadId, async () => {
      this.ending.add(upload.uploadId);
      try {
        await this.endParts(upload.uploadId);
        return await action();
      } finally {
        this.ending.delete(upload.uploadId);
      }
    });
  }

  private async seal(upload: Upload, parts: readonly StoredPart[]): Promise<StoredVersion> {
    const { data, journal } = await this.files(upload);
    const held = new Map((await readJournal(journal)).map((part) => [part.number, part]));
    const other = parts.find(({ number, tag }) => held.get(number)?.tag !== tag);
    if (other !== undefined) throw new StoreError('invalid-part', `part ${other.number} is not held, or is another`);
    const version = await this.versions.adopt(upload.key, upload.uploadId, data);
    await chmod(this.versions.path(upload.key, version.versionId), 0o444);
    return version;
  }

  /** The record goes last, as it came first. */
  private async discard(upload: UploadHandle): Promise<void> {
    await this.endParts(upload.uploadId);
    const { data, journal, record } = this.folders.upload(upload.uploadId);
    for (const file of [data, journal, record]) await removeFile(file);
    await syncFolder(this.folders.uploads);
  }

  private async files(upload: UploadHandle & Partial<Upload>): Promise<{ data: string; journal: string }> {
    const record = await this.record(upload.uploadId);
    const same =
      record?.key === upload.key &&
      record.sealedSizeBytes === (upload.sealedSizeBytes ?? record.sealedSizeBytes) &&
      record.partSizeBytes === (upload.partSizeBytes ?? record.partSizeBytes);
    if (!same) throw new StoreError('not-found', `no such upload of ${upload.key}`);
    return this.folders.upload(upload.uploadId);
  }

  private async record(uploadId: string): Promise<UploadRecord | null> {
    if (!UPLOAD_ID.test(uploadId)) return null;
    try {
      return UploadRecord.parse(JSON.parse(await readFile(this.folders.upload(uploadId).record, 'utf8')));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return null;
      throw error;
    }
  }

  private async open(uploadId: string, files: { data: string; journal: string }): Promise<OpenUpload> {
    clearTimeout(this.closings.get(uploadId));
    const known = await this.opened.get(uploadId);
    if (known?.closedBy === null) return known;
    if (known !== undefined) await this.endParts(uploadId);
    // Another caller may have opened it meanwhile.
    const again = this.opened.get(uploadId);
    if (again !== undefined) return await this.open(uploadId, files);
    const opening = OpenUpload.open(files.data, files.journal);
    this.opened.set(uploadId, opening);
    opening.catch(() => this.forget(uploadId, opening));
    return await opening;
  }

  /** Opening reads the whole journal: a run of parts one after the other should not pay for it each time. */
  private closeWhenIdle(uploadId: string): void {
    clearTimeout(this.closings.get(uploadId));
    const timer = setTimeout(() => {
      void this.opened.get(uploadId)?.then(async (parts) => {
        if (parts.idle) await this.endParts(uploadId);
      });
    }, KEEP_OPEN_MS);
    this.closings.set(uploadId, timer.unref());
  }

  private async endParts(uploadId: string): Promise<void> {
    clearTimeout(this.closings.get(uploadId));
    this.closings.delete(uploadId);
    const opening = this.opened.get(uploadId);
    if (opening === undefined) return;
    const parts = await opening.catch(() => null);
    await parts?.end(new StoreError('superseded', 'the upload ended'));
    this.forget(uploadId, opening);
  }

  private forget(uploadId: string, opening: Promise<OpenUpload>): void {
    if (this.opened.get(uploadId) === opening) this.opened.delete(uploadId);
  }
}

/** Another process may have joined the parts, and put them away, since one looked. */
function unlessJoinedBy(done: () => Promise<StoredVersion | null>): (error: unknown) => Promise<StoredVersion> {
  return async (error) => {
    const theirs = await done();
    if (theirs === null) throw error;
    return theirs;
  };
}
