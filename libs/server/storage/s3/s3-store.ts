import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { RETENTION_MODES } from 'minio';
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
import { checkUploadSize, inOrder, partOffset } from '../part-plan.js';
import { withRetry } from '../retry.js';
import { checkSmall } from '../small-object.js';
import { StoreError } from '../store-error.js';
import { checkKey } from '../store-key.js';
import { proveWorm, SELF_TEST_PREFIX } from '../worm-proof.js';
import type { S3Address } from './s3-address.js';
import { S3Client, sha256Hex } from './s3-client.js';
import { asStoreError, S3Refusal } from './s3-failure.js';
import { S3Uploads } from './s3-uploads.js';
import { S3Versions } from './s3-versions.js';

/**
 * A bucket of any S3 with versions and Object Lock (Ceph RGW, VersityGW, AWS). Parts stream straight through; the store
 * checks their digests. Everything but a part, whose body comes only once, is tried again while the store is
 * unreachable.
 */
export class S3Store extends EvidenceStore {
  override readonly worm = 'enforced';
  private readonly versions: S3Versions;

  private constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    private readonly uploads: S3Uploads,
  ) {
    super();
    this.versions = new S3Versions(client, bucket);
  }

  /** Makes the bucket, with Object Lock, if it is absent. */
  static async open(address: S3Address): Promise<S3Store> {
    const client = new S3Client(address);
    const { bucket } = address;
    try {
      const checks = await withRetry(async () => {
        try {
          if (!(await bucketExists(client, bucket))) await makeBucket(client, bucket);
          return await checksDigests(client, bucket);
        } catch (error) {
          throw asStoreError(error, 'its bucket');
        }
      });
      return new S3Store(client, bucket, new S3Uploads(client, bucket, checks));
    } catch (error) {
      client.close();
      throw error;
    }
  }

  override beginUpload(key: string, size: { sealedSizeBytes: number; partSizeBytes: number }): Promise<Upload> {
    return this.on(key, async () => {
      checkUploadSize(size);
      const { sealedSizeBytes, partSizeBytes } = size;
      return { key, uploadId: await this.uploads.begin(key), sealedSizeBytes, partSizeBytes };
    });
  }

  override async putPart(
    upload: Upload,
    number: number,
    sizeBytes: number,
    body: PartBody,
    expected: { sha256?: Uint8Array } = {},
  ): Promise<StoredPart> {
    if (body instanceof Readable) body.on('error', () => undefined);
    checkKey(upload.key);
    partOffset(upload, number, sizeBytes);
    return await this.uploads.put(upload, number, sizeBytes, body, expected.sha256);
  }

  override listParts(upload: UploadHandle): Promise<StoredPart[]> {
    return this.on(upload.key, () => this.uploads.parts(upload));
  }

  override completeUpload(upload: Upload, parts: readonly StoredPart[]): Promise<StoredVersion> {
    return this.on(upload.key, () => this.uploads.complete(upload, inOrder(upload, parts)));
  }

  override abortUpload(upload: UploadHandle): Promise<void> {
    return this.on(upload.key, () => this.uploads.abort(upload));
  }

  override listUploads(olderThan: Date): Promise<(UploadHandle & { startedAt: Date })[]> {
    return this.tried('its uploads', () => this.uploads.list(olderThan));
  }

  override putObject(key: string, bytes: Uint8Array): Promise<StoredVersion> {
    return this.on(key, () => {
      checkSmall(key, bytes.byteLength);
      return this.versions.putOnce(key, bytes);
    });
  }

  override getObject(key: string, versionId: string): Promise<Uint8Array> {
    return this.on(key, () => this.versions.get(key, versionId));
  }

  override latest(key: string): Promise<StoredVersion | null> {
    return this.on(key, () => this.versions.latest(key));
  }

  override read(key: string, versionId: string, range: ByteRange = {}): Promise<Readable> {
    return this.on(key, () => this.versions.read(key, versionId, range));
  }

  override stat(key: string, versionId: string): Promise<StoredVersion> {
    return this.on(key, () => this.versions.stat(key, versionId));
  }

  override retain(key: string, versionId: string, until: Date): Promise<Date> {
    return this.on(key, () => this.versions.retain(key, versionId, lockUntil(until)));
  }

  override retention(key: string, versionId: string): Promise<Date | null> {
    return this.on(key, () => this.versions.retention(key, versionId));
  }

  override remove(key: string, versionId: string): Promise<void> {
    return this.on(key, () => this.versions.remove(key, versionId));
  }

  /** Also attacks the lock with the bypass that GOVERNANCE mode would honour. */
  override async selfTest(): Promise<{ worm: 'enforced' }> {
    await this.tried('its lock', () => this.mustKeepVersions());
    await proveWorm(this, new Date(), (key, versionId) => {
      const force = { versionId, governanceBypass: true };
      // Sooner than the lock, but not so soon that a slow store refuses it for being past.
      const soon = new Date(Date.now() + 120_000).toISOString();
      const weaker = { ...force, mode: RETENTION_MODES.GOVERNANCE, retainUntilDate: soon };
      return [
        () => this.on(key, () => this.client.removeObject(this.bucket, key, force)),
        () => this.on(key, () => this.client.putObjectRetention(this.bucket, key, weaker)),
      ];
    });
    return { worm: this.worm };
  }

  override async ping(): Promise<void> {
    try {
      if (await bucketExists(this.client, this.bucket)) return;
    } catch (error) {
      throw asStoreError(error, 'its bucket');
    }
    throw new StoreError('not-found', `no bucket ${this.bucket}`);
  }

  override close(): Promise<void> {
    this.client.close();
    return Promise.resolve();
  }

  private async mustKeepVersions(): Promise<void> {
    const versioning: { Status?: string } = await this.client.getBucketVersioning(this.bucket);
    if (versioning.Status !== 'Enabled') throw new StoreError('not-worm', 'the bucket keeps no versions');
    if (!(await this.client.hasObjectLock())) throw new StoreError('not-worm', 'the bucket has no Object Lock');
  }

  private async on<T>(key: string, action: () => Promise<T>): Promise<T> {
    checkKey(key);
    return await this.tried(key, action);
  }

  private tried<T>(subject: string, action: () => Promise<T>): Promise<T> {
    return withRetry(async () => {
      try {
        return await action();
      } catch (error) {
        throw asStoreError(error, subject);
      }
    });
  }
}

async function bucketExists(client: S3Client, bucket: string): Promise<boolean> {
  try {
    await client.makeRequestAsyncOmit({ method: 'HEAD', bucketName: bucket });
    return true;
  } catch (error) {
    if (error instanceof S3Refusal && error.status === 404) return false;
    throw error;
  }
}

async function makeBucket(client: S3Client, bucket: string): Promise<void> {
  try {
    await client.makeBucket(bucket, client.region, { ObjectLocking: true });
  } catch (error) {
    // Another process of ours was faster.
    if (!(error instanceof S3Refusal && error.s3Code === 'BucketAlreadyOwnedByYou')) throw error;
  }
}

/** Asks the store to take a byte under a wrong digest: one that does cannot be left to check parts. */
async function checksDigests(client: S3Client, bucket: string): Promise<boolean> {
  const objectName = `${SELF_TEST_PREFIX}${randomUUID()}`;
  const options = { method: 'PUT', bucketName: bucket, objectName, headers: { 'content-length': '1' } };
  const wrong = sha256Hex(Buffer.from('another byte'));
  try {
    const response = await client.makeRequestStreamAsync(options, 'a', wrong, [200]);
    response.resume();
    await client.removeObject(bucket, objectName, { versionId: String(response.headers['x-amz-version-id']) });
    return false;
  } catch (error) {
    if (error instanceof S3Refusal && error.code === 'digest-mismatch') return true;
    throw error;
  }
}
