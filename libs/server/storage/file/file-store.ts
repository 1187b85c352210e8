import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  EvidenceStore,
  type ByteRange,
  type PartBody,
  type StoredPart,
  type StoredVersion,
  type Upload,
  type UploadHandle,
} from '../evidence-store.js';
import { lockUntil } from '../lock-until.js';
import { checkUploadSize } from '../part-plan.js';
import { resolveRange } from '../byte-range.js';
import { checkSmall } from '../small-object.js';
import { StoreError } from '../store-error.js';
import { checkKey } from '../store-key.js';
import { VersionReader } from '../version-reader.js';
import { proveWorm } from '../worm-proof.js';
import { asStoreError } from './durable-files.js';
import { FileUploads } from './file-uploads.js';
import { FileVersions } from './file-versions.js';
import { StoreFolders } from './store-folders.js';

const READ_SIZE_BYTES = 256 * 1024;
const READ_STALL_MS = 120_000;

/**
 * The store of one machine: files under one folder. Write-once and retention are kept by this code alone (`emulated`).
 * Several processes may read and write it at once, but the parts of one upload must come through one of them.
 */
export class FileStore extends EvidenceStore {
  override readonly worm = 'emulated';

  private constructor(
    private readonly uploads: FileUploads,
    private readonly versions: FileVersions,
    private readonly now: () => Date,
  ) {
    super();
  }

  /** Makes the folder if it is absent. */
  static async open(folder: string, now: () => Date = () => new Date()): Promise<FileStore> {
    try {
      const folders = await StoreFolders.prepare(folder);
      const versions = new FileVersions(folders, now);
      return new FileStore(new FileUploads(folders, versions, now), versions, now);
    } catch (error) {
      throw asStoreError(error, `store folder ${folder}`);
    }
  }

  override beginUpload(key: string, size: { sealedSizeBytes: number; partSizeBytes: number }): Promise<Upload> {
    return this.on(key, () => {
      checkUploadSize(size);
      return this.uploads.begin(key, size);
    });
  }

  override putPart(
    upload: Upload,
    number: number,
    sizeBytes: number,
    body: PartBody,
    expected: { sha256?: Uint8Array } = {},
  ): Promise<StoredPart> {
    // The body may break while we are not reading it yet; then the feed finds it broken.
    if (body instanceof Readable) body.on('error', () => undefined);
    return this.on(upload.key, () => this.uploads.put(upload, number, sizeBytes, body, expected.sha256 ?? null));
  }

  override listParts(upload: UploadHandle): Promise<StoredPart[]> {
    return this.on(upload.key, () => this.uploads.parts(upload));
  }

  override completeUpload(upload: Upload, parts: readonly StoredPart[]): Promise<StoredVersion> {
    return this.on(upload.key, () => this.uploads.complete(upload, parts));
  }

  override abortUpload(upload: UploadHandle): Promise<void> {
    return this.on(upload.key, () => this.uploads.abort(upload));
  }

  override async listUploads(olderThan: Date): Promise<(UploadHandle & { startedAt: Date })[]> {
    try {
      return await this.uploads.list(olderThan);
    } catch (error) {
      throw asStoreError(error, 'uploads');
    }
  }

  override putObject(key: string, bytes: Uint8Array): Promise<StoredVersion> {
    return this.on(key, () => {
      checkSmall(key, bytes.byteLength);
      return this.versions.putOnce(key, bytes);
    });
  }

  override getObject(key: string, versionId: string): Promise<Uint8Array> {
    return this.on(key, async () => {
      checkSmall(key, (await this.versions.stat(key, versionId)).sizeBytes);
      return await readFile(this.versions.path(key, versionId));
    });
  }

  override latest(key: string): Promise<StoredVersion | null> {
    return this.on(key, () => this.versions.latest(key));
  }

  override read(key: string, versionId: string, range: ByteRange = {}): Promise<Readable> {
    return this.on(key, async () => {
      const { sizeBytes } = await this.versions.stat(key, versionId);
      const { start, end } = resolveRange(range, sizeBytes);
      const path = this.versions.path(key, versionId);
      const file = createReadStream(path, { start, end: end - 1, highWaterMark: READ_SIZE_BYTES });
      return new VersionReader(file, end - start, READ_STALL_MS);
    });
  }

  override stat(key: string, versionId: string): Promise<StoredVersion> {
    return this.on(key, () => this.versions.stat(key, versionId));
  }

  override retain(key: string, versionId: string, until: Date): Promise<Date> {
    return this.on(key, async () => {
      await this.versions.retain(key, versionId, lockUntil(until));
      const held = await this.versions.retention(key, versionId);
      if (held === null || held < until) throw new StoreError('not-worm', `the lock of ${key} did not stay`);
      return held;
    });
  }

  override retention(key: string, versionId: string): Promise<Date | null> {
    return this.on(key, () => this.versions.retention(key, versionId));
  }

  override remove(key: string, versionId: string): Promise<void> {
    return this.on(key, () => this.versions.remove(key, versionId));
  }

  override async selfTest(): Promise<{ worm: 'emulated' }> {
    await proveWorm(this, this.now());
    return { worm: this.worm };
  }

  override async ping(): Promise<void> {
    try {
      await this.versions.tryWrite();
    } catch (error) {
      throw asStoreError(error, 'store folder');
    }
  }

  override close(): Promise<void> {
    return this.uploads.close();
  }

  private async on<T>(key: string, action: () => T | Promise<T>): Promise<T> {
    checkKey(key);
    try {
      return await action();
    } catch (error) {
      throw asStoreError(error, `object or upload ${key}`);
    }
  }
}
