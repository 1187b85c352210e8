import { createHash } from 'node:crypto';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { Readable } from 'node:stream';
import { Client } from 'minio';
import { signV4 } from 'minio/dist/esm/signing.mjs';
import type { StoredPart } from '../evidence-store.js';
import { StoreError } from '../store-error.js';
import { readAnswer, refusal, S3Refusal } from './s3-failure.js';
import type { S3Address } from './s3-address.js';
import { WideAgent } from './wide-agent.js';

/** Below what gateways keep an idle connection for (Ceph: 65 s), so that we never write into one being closed. */
const IDLE_CONNECTION_MS = 20_000;

/** Of a control call: with no byte either way for so long the store counts as gone. */
const SILENCE_MS = 120_000;

type S3Request = Parameters<Client['makeRequestAsync']>[0];

/**
 * The minio client knows S3's requests, signatures and answers; sending is ours. One funnel for every request:
 * kept-alive connections, a limit on silence, and StoreErrors instead of a retry that prints to the console and leaks
 * what it did not read.
 */
export class S3Client extends Client {
  constructor(private readonly address: S3Address) {
    const agentOptions = { keepAlive: true, timeout: IDLE_CONNECTION_MS, scheduling: 'lifo' } as const;
    super({
      endPoint: address.host,
      port: address.port,
      useSSL: address.tls,
      accessKey: address.accessKey,
      secretKey: address.secretKey,
      // Given, so that the client never asks the store for it.
      region: address.region,
      transportAgent: address.tls ? new HttpsAgent(agentOptions) : new WideAgent(agentOptions),
    });
    // Sign what is sent over TLS too: the store then checks it.
    this.enableSHA256 = true;
  }

  /** A signed request, not yet ended. `sha256`: of the body in hexadecimal, or UNSIGNED-PAYLOAD. */
  open(options: S3Request, sha256: string): ClientRequest {
    const plan = this.getRequestOptions({ ...options, region: this.address.region });
    const date = new Date();
    plan.headers['x-amz-date'] = date.toISOString().replace(/[-:]|\.\d{3}/g, '');
    plan.headers['x-amz-content-sha256'] = sha256;
    plan.headers['authorization'] = signV4(
      plan,
      this.address.accessKey,
      this.address.secretKey,
      this.address.region,
      date,
      sha256,
    );
    return (this.address.tls ? httpsRequest : httpRequest)(plan as RequestOptions);
  }

  override async makeRequestStreamAsync(
    options: S3Request,
    body: Readable | Buffer | string,
    sha256: string,
    statusCodes: number[],
  ): Promise<IncomingMessage> {
    if (typeof body !== 'string' && !Buffer.isBuffer(body)) throw new TypeError('streams go through S3Parts');
    const subject = `${options.method} ${options.objectName ?? 'its bucket'}`;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = this.open(options, sha256);
      request.setTimeout(SILENCE_MS, () => {
        request.destroy(new StoreError('unreachable', `the store fell silent at ${subject}`));
      });
      request.once('error', (error) => {
        reject(error instanceof StoreError ? error : new StoreError('unreachable', `no answer to ${subject}`, error));
      });
      request.once('response', resolve);
      request.end(body);
    });
    if (!statusCodes.includes(response.statusCode ?? 0)) throw await refusal(response, subject);
    return response;
  }

  /** All pages of the parts the store holds. */
  async uploadedParts(key: string, uploadId: string): Promise<StoredPart[]> {
    const parts = await this.listParts(this.address.bucket, key, uploadId);
    return parts.map(({ part, size, etag }) => ({ number: part, sizeBytes: size, tag: etag }));
  }

  /** The finished versions of one key, newest first. */
  async versionsOf(key: string): Promise<{ versionId: string; etag: string; sizeBytes: number }[]> {
    // The key's own versions come before those of keys that it is a prefix of, and nobody gives a key a thousand.
    const query = { Delimiter: '', MaxKeys: 1000, IncludeVersion: true };
    const page = await this.listObjectsQuery(this.address.bucket, key, '', query);
    const listed = page.objects as {
      name?: string;
      versionId?: string;
      etag?: string;
      size?: number;
      isDeleteMarker?: boolean;
    }[];
    return listed.flatMap(({ name, versionId, etag = '', size = 0, isDeleteMarker }) =>
      name === key && versionId !== undefined && isDeleteMarker !== true ? [{ versionId, etag, sizeBytes: size }] : [],
    );
  }

  /** Puts a small object in one request and gives its version, null from a bucket without versions. */
  async putSmall(key: string, bytes: Uint8Array): Promise<string | null> {
    const options = { method: 'PUT', bucketName: this.address.bucket, objectName: key };
    const response = await this.makeRequestAsync(options, Buffer.from(bytes));
    response.resume();
    const versionId = response.headers['x-amz-version-id'];
    return typeof versionId === 'string' ? versionId : null;
  }

  /** The answer to a GET, its body unread. `end` exclusive. */
  getVersion(key: string, versionId: string, start: number, end: number | undefined): Promise<IncomingMessage> {
    const whole = start === 0 && end === undefined;
    const headers: Record<string, string> = whole
      ? {}
      : { range: `bytes=${start}-${end === undefined ? '' : end - 1}` };
    const query = `versionId=${encodeURIComponent(versionId)}`;
    const options = { method: 'GET', bucketName: this.address.bucket, objectName: key, headers, query };
    return this.makeRequestAsync(options, '', [200, 206]);
  }

  async hasObjectLock(): Promise<boolean> {
    try {
      const options = { method: 'GET', bucketName: this.address.bucket, query: 'object-lock' };
      const configuration = await readAnswer(await this.makeRequestAsync(options));
      return configuration.includes('<ObjectLockEnabled>Enabled</ObjectLockEnabled>');
    } catch (error) {
      if (error instanceof S3Refusal && error.status === 404 && error.s3Code !== 'NoSuchBucket') return false;
      throw error;
    }
  }

  close(): void {
    this.transportAgent.destroy();
  }
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
