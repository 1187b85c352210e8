import type { PartBody } from '../evidence-store.js';
import { PartFeed } from '../part-feed.js';
import { StoreError } from '../store-error.js';
import type { S3Client } from './s3-client.js';
import { refusal } from './s3-failure.js';

/** With no progress for so long, although the source has more, the store counts as gone. */
const STALL_MS = 60_000;

export interface PartTarget {
  readonly bucket: string;
  readonly key: string;
  readonly uploadId: string;
  readonly number: number;
  readonly sizeBytes: number;
}

/**
 * How a part's digest is checked: by the store, which signs for it (`x-amz-content-sha256`), or here while it streams
 * by.
 */
export type DigestCheck = { by: 'store' | 'us'; sha256: Uint8Array } | { by: 'nobody' };

/**
 * Streams one part to S3 and gives its ETag. The request's length is fixed beforehand and its last bytes are sent only
 * when the body proved whole, so the store never counts a part that we would not.
 */
export function sendPart(
  client: S3Client,
  target: PartTarget,
  body: PartBody,
  check: DigestCheck,
  stallMs = STALL_MS,
): Promise<string> {
  const { bucket, key, uploadId, number, sizeBytes } = target;
  const subject = `PUT part ${number} of ${key}`;
  const query = `partNumber=${number}&uploadId=${encodeURIComponent(uploadId)}`;
  const headers = { 'content-length': String(sizeBytes) };
  const signedDigest = check.by === 'store' ? Buffer.from(check.sha256).toString('hex') : 'UNSIGNED-PAYLOAD';
  const ownCheck = { sizeBytes, hash: false, sha256: check.by === 'us' ? check.sha256 : null };

  return new Promise((resolve, reject) => {
    const request = client.open({ method: 'PUT', bucketName: bucket, objectName: key, query, headers }, signedDigest);
    const feed = new PartFeed(body, ownCheck, (chunk) => {
      stall.refresh();
      return request.write(chunk);
    });
    const fail = (error: StoreError): void => {
      clearTimeout(stall);
      feed.stop(error);
      request.destroy();
      reject(error);
    };
    const stall = setTimeout(() => {
      if (feed.awaitsSource) stall.refresh();
      else fail(new StoreError('unreachable', `the store fell silent at ${subject}`));
    }, stallMs);

    // The store may refuse by the headers alone, while the source is still silent.
    request.flushHeaders();
    feed.done.then(({ last }) => request.end(last), fail);
    request.on('drain', () => {
      stall.refresh();
      feed.ready();
    });
    request.on('error', (error) =>
      fail(new StoreError('unreachable', `no answer from the store to ${subject}`, error)),
    );
    request.on('response', (response) => {
      const { etag } = response.headers;
      if (response.statusCode !== 200 || etag === undefined) {
        void refusal(response, subject).then(fail);
        return;
      }
      clearTimeout(stall);
      response.resume();
      resolve(etag.replaceAll('"', ''));
    });
  });
}
