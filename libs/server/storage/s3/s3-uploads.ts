import { createHash } from 'node:crypto';
import type { PartBody, StoredPart, StoredVersion, Upload, UploadHandle } from '../evidence-store.js';
import { StoreError } from '../store-error.js';
import type { S3Client } from './s3-client.js';
import { asStoreError, S3Refusal } from './s3-failure.js';
import { sendPart, type DigestCheck } from './s3-parts.js';

/** Multipart uploads of one bucket. Calls are single tries: repeating them is the store's part. */
export class S3Uploads {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    /** Whether the store refuses a part that does not have the digest it was signed with. */
    private readonly storeChecksDigests: boolean,
  ) {}

  /** Metadata and retention given here would be ignored by Ceph: none is given. */
  begin(key: string): Promise<string> {
    const headers = { 'content-type': 'application/octet-stream' };
    return this.client.initiateNewMultipartUpload(this.bucket, key, headers);
  }

  async put(
    { key, uploadId }: UploadHandle,
    number: number,
    sizeBytes: number,
    body: PartBody,
    sha256: Uint8Array | undefined,
  ): Promise<StoredPart> {
    const check: DigestCheck =
      sha256 === undefined ? { by: 'nobody' } : { by: this.storeChecksDigests ? 'store' : 'us', sha256 };
    const target = { bucket: this.bucket, key, uploadId, number, sizeBytes };
    return { number, sizeBytes, tag: await sendPart(this.client, target, body, check) };
  }

  async parts({ key, uploadId }: UploadHandle): Promise<StoredPart[]> {
    const parts = await this.client.uploadedParts(key, uploadId);
    return parts.sort((one, other) => one.number - other.number);
  }

  /**
   * Ceph answers a repeated Complete with 200 but no version id, one of an unknown upload with 500, AWS after a while
   * with 404. So whenever the answer does not name the version, the key's versions are searched for the one made of
   * these parts.
   */
  async complete(upload: Upload, parts: readonly StoredPart[]): Promise<StoredVersion> {
    const { key, uploadId } = upload;
    const etags = parts.map(({ number, tag }) => ({ part: number, etag: tag }));
    let versionId: string | null = null;
    let failure: StoreError | null = null;
    try {
      versionId = (await this.client.completeMultipartUpload(this.bucket, key, uploadId, etags)).versionId;
    } catch (error) {
      failure = asStoreError(error, `completing ${key}`);
      if (!mayBeDone(failure)) throw failure;
    }
    const version = versionId === null ? await this.madeOf(parts, key) : await this.sized(key, versionId);
    if (version === null) throw await this.whyNotThere(upload, failure);
    if (version.sizeBytes !== upload.sealedSizeBytes) {
      throw new StoreError('size-mismatch', `${key} has ${version.sizeBytes} bytes, not ${upload.sealedSizeBytes}`);
    }
    return version;
  }

  async abort({ key, uploadId }: UploadHandle): Promise<void> {
    try {
      await this.client.abortMultipartUpload(this.bucket, key, uploadId);
    } catch (error) {
      if (!(error instanceof S3Refusal && error.s3Code === 'NoSuchUpload')) throw error;
    }
  }

  async list(olderThan: Date): Promise<(UploadHandle & { startedAt: Date })[]> {
    const found: (UploadHandle & { startedAt: Date })[] = [];
    let [keyMarker, uploadIdMarker] = ['', ''];
    for (;;) {
      const page = await this.client.listIncompleteUploadsQuery(this.bucket, '', keyMarker, uploadIdMarker, '');
      found.push(...page.uploads.map(({ key, uploadId, initiated }) => ({ key, uploadId, startedAt: initiated })));
      // The library loses the answer's upload marker; it is the last upload of the page.
      const last = page.uploads.at(-1);
      if (!page.isTruncated || last === undefined) break;
      [keyMarker, uploadIdMarker] = [last.key, last.uploadId];
    }
    return found.filter(({ startedAt }) => startedAt < olderThan);
  }

  private async sized(key: string, versionId: string): Promise<StoredVersion> {
    const { size } = await this.client.statObject(this.bucket, key, { versionId });
    return { versionId, sizeBytes: size };
  }

  private async madeOf(parts: readonly StoredPart[], key: string): Promise<StoredVersion | null> {
    const etag = joinedEtag(parts);
    const found = (await this.client.versionsOf(key)).find((version) => version.etag === etag);
    return found === undefined ? null : { versionId: found.versionId, sizeBytes: found.sizeBytes };
  }

  private async whyNotThere(upload: Upload, failure: StoreError | null): Promise<StoreError> {
    if (failure?.code !== 'unreachable')
      return failure ?? new StoreError('unexpected-answer', 'completed, but not there');
    try {
      await this.parts(upload);
      return failure;
    } catch (error) {
      return asStoreError(error, `listing parts of ${upload.key}`);
    }
  }
}

function mayBeDone(failure: StoreError): boolean {
  return failure.code === 'unreachable' || failure.code === 'not-found' || failure.code === 'unexpected-answer';
}

/** What S3 calls an object made of parts: the MD5 of their MD5s, and how many they are. */
function joinedEtag(parts: readonly StoredPart[]): string {
  const md5s = Buffer.concat(parts.map(({ tag }) => Buffer.from(tag, 'hex')));
  return `${createHash('md5').update(md5s).digest('hex')}-${parts.length}`;
}
