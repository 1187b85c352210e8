import type { Readable } from 'node:stream';
import { RETENTION_MODES } from 'minio';
import { resolveRange } from '../byte-range.js';
import type { ByteRange, StoredVersion } from '../evidence-store.js';
import { checkSmall } from '../small-object.js';
import { StoreError } from '../store-error.js';
import { VersionReader } from '../version-reader.js';
import type { S3Client } from './s3-client.js';
import { S3Refusal } from './s3-failure.js';

const READ_STALL_MS = 60_000;
/** The store goes by its own clock: up to so much apart, its refusal is because of the lock. */
const CLOCK_SKEW_MS = 60_000;
/** What S3 lets a version id be, less what would need escaping in a query. `null` names an object without versions. */
const VERSION_ID = /^(?!null$)[A-Za-z0-9._~+/=-]{1,1024}$/;

/** Finished objects of one bucket, by version. Calls are single tries: repeating them is the store's part. */
export class S3Versions {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  /** S3 stores often ignore `If-None-Match`, so what is there is looked at first. */
  async putOnce(key: string, bytes: Uint8Array): Promise<StoredVersion> {
    const there = await this.latest(key);
    if (there !== null) {
      const same = there.sizeBytes === bytes.byteLength && (await this.get(key, there.versionId)).equals(bytes);
      if (same) return there;
      throw new StoreError('exists-with-other-bytes', `${key} is written already, with other bytes`);
    }
    return { versionId: pinned(await this.client.putSmall(key, bytes)), sizeBytes: bytes.byteLength };
  }

  async get(key: string, versionId: string): Promise<Buffer> {
    const { reader, sizeBytes } = await this.open(key, versionId, {});
    try {
      checkSmall(key, sizeBytes);
      const chunks: Buffer[] = [];
      for await (const chunk of reader) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    } finally {
      reader.destroy();
    }
  }

  async latest(key: string): Promise<StoredVersion | null> {
    try {
      const { size, versionId } = await this.client.statObject(this.bucket, key);
      return { versionId: pinned(versionId ?? null), sizeBytes: size };
    } catch (error) {
      if (error instanceof S3Refusal && error.status === 404 && error.s3Code !== 'NoSuchBucket') return null;
      throw error;
    }
  }

  async stat(key: string, versionId: string): Promise<StoredVersion> {
    checkVersionId(versionId);
    const { size } = await this.client.statObject(this.bucket, key, { versionId });
    return { versionId, sizeBytes: size };
  }

  async read(key: string, versionId: string, range: ByteRange): Promise<Readable> {
    return (await this.open(key, versionId, range)).reader;
  }

  async retain(key: string, versionId: string, until: Date): Promise<Date> {
    checkVersionId(versionId);
    const lock = { versionId, mode: RETENTION_MODES.COMPLIANCE, retainUntilDate: until.toISOString() };
    try {
      await this.client.putObjectRetention(this.bucket, key, lock);
    } catch (error) {
      if (error instanceof S3Refusal && error.s3Code === 'InvalidRequest') {
        throw new StoreError('not-worm', 'the bucket has no Object Lock', error);
      }
      throw await this.becauseLocked(error, key, versionId, until);
    }
    const held = await this.retention(key, versionId);
    if (held === null || held < until) throw new StoreError('not-worm', `the store did not take the lock of ${key}`);
    return held;
  }

  /** Only COMPLIANCE counts: a lock that some may lift is none. */
  async retention(key: string, versionId: string): Promise<Date | null> {
    checkVersionId(versionId);
    try {
      const lock = await this.client.getObjectRetention(this.bucket, key, { versionId });
      if (lock?.mode !== RETENTION_MODES.COMPLIANCE) return null;
      const until = new Date(lock.retainUntilDate);
      if (Number.isNaN(until.getTime())) throw new StoreError('unexpected-answer', `the lock of ${key} is unreadable`);
      return until;
    } catch (error) {
      if (error instanceof S3Refusal && NO_LOCK.has(error.s3Code)) return null;
      // Ceph says AccessDenied of a version that is not there.
      if (error instanceof S3Refusal && error.code === 'denied') await this.stat(key, versionId);
      throw error;
    }
  }

  async remove(key: string, versionId: string): Promise<void> {
    checkVersionId(versionId);
    const asked = Date.now();
    try {
      await this.client.removeObject(this.bucket, key, { versionId });
    } catch (error) {
      throw await this.becauseLocked(error, key, versionId, new Date(asked - CLOCK_SKEW_MS));
    }
  }

  private async open(
    key: string,
    versionId: string,
    range: ByteRange,
  ): Promise<{ reader: VersionReader; sizeBytes: number }> {
    checkVersionId(versionId);
    const { start = 0, end } = range;
    if (start < 0 || (end !== undefined && end <= start))
      throw new StoreError('bad-range', `no bytes ${start} to ${end ?? ''}`);
    const response = await this.client.getVersion(key, versionId, start, end);
    const { headers } = response;
    const total = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[2] ?? headers['content-length'];
    try {
      const asked = resolveRange(range, Number(total));
      const sizeBytes = asked.end - asked.start;
      if (Number(headers['content-length']) !== sizeBytes)
        throw new StoreError('unexpected-answer', `${key} came in another size`);
      // From here on the reader watches for silence, and knows whether it is the store's or the reader's.
      response.setTimeout(0);
      return { reader: new VersionReader(response, sizeBytes, READ_STALL_MS), sizeBytes };
    } catch (error) {
      response.destroy();
      throw error;
    }
  }

  /** S3 says AccessDenied both of a lock and of a missing right: the lock itself tells which. */
  private async becauseLocked(error: unknown, key: string, versionId: string, until: Date): Promise<unknown> {
    if (!(error instanceof S3Refusal && error.code === 'denied')) return error;
    const held = await this.retention(key, versionId);
    return held !== null && held > until
      ? new StoreError('locked', `${key} is locked until ${held.toISOString()}`, error)
      : error;
  }
}

const NO_LOCK = new Set(['ObjectLockConfigurationNotFoundError', 'NoSuchObjectLockConfiguration', 'InvalidRequest']);

function checkVersionId(versionId: string): void {
  if (!VERSION_ID.test(versionId))
    throw new StoreError('not-found', `no version ${JSON.stringify(versionId.slice(0, 100))}`);
}

function pinned(versionId: string | null): string {
  if (versionId === null) throw new StoreError('not-worm', 'the bucket keeps no versions');
  return versionId;
}
