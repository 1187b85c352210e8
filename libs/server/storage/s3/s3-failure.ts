import type { IncomingMessage } from 'node:http';
import { StoreError, type StoreErrorCode } from '../store-error.js';

const MAX_ANSWER_BYTES = 64 * 1024;

/** What S3's own error codes mean in the port's words. */
const BY_S3_CODE: Readonly<Record<string, StoreErrorCode>> = {
  NoSuchKey: 'not-found',
  NoSuchVersion: 'not-found',
  NoSuchUpload: 'not-found',
  NoSuchBucket: 'not-found',
  AccessDenied: 'denied',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  RequestTimeTooSkewed: 'denied',
  XAmzContentSHA256Mismatch: 'digest-mismatch',
  BadDigest: 'digest-mismatch',
  IncompleteBody: 'short-body',
  InvalidPart: 'invalid-part',
  InvalidPartOrder: 'invalid-part',
  EntityTooSmall: 'invalid-part',
  InvalidRange: 'bad-range',
  QuotaExceeded: 'full',
  InsufficientStorage: 'full',
  RequestTimeout: 'unreachable',
  SlowDown: 'unreachable',
  InternalError: 'unreachable',
  ServiceUnavailable: 'unreachable',
};

const BY_STATUS: Readonly<Record<number, StoreErrorCode>> = {
  403: 'denied',
  404: 'not-found',
  408: 'unreachable',
  416: 'bad-range',
  429: 'unreachable',
  507: 'full',
};

/** An answer of the store that was not the one hoped for. */
export class S3Refusal extends StoreError {
  constructor(
    readonly status: number,
    /** Of the answer's XML body; empty where there is none, as with HEAD. */
    readonly s3Code: string,
    subject: string,
  ) {
    const code = BY_S3_CODE[s3Code] ?? BY_STATUS[status] ?? (status >= 500 ? 'unreachable' : 'unexpected-answer');
    super(code, `the store answered ${status} ${s3Code} to ${subject}`);
  }
}

/** Reads an unwelcome answer to its end, or as far as makes sense. Never rejects. */
export async function refusal(response: IncomingMessage, subject: string): Promise<S3Refusal> {
  // A cut answer still has its status.
  const text = await readAnswer(response).catch(() => '');
  return new S3Refusal(response.statusCode ?? 0, /<Code>([A-Za-z0-9]+)<\/Code>/.exec(text)?.[1] ?? '', subject);
}

/** A small answer as text; what goes beyond 64 KiB is not read. */
export async function readAnswer(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > MAX_ANSWER_BYTES) break;
  }
  return text;
}

/** Whatever the client library or the network threw. */
export function asStoreError(error: unknown, subject: string): StoreError {
  if (error instanceof StoreError) return error;
  // The library throws the parsed <Error> of an answer that came with status 200.
  const told = typeof error === 'object' && error !== null ? error : {};
  if ('Code' in told) return new S3Refusal(200, String(told.Code), subject);
  // Node's own errors have a code: ECONNRESET when an answer is cut off in its middle.
  if ('code' in told) return new StoreError('unreachable', `no answer from the store to ${subject}`, error);
  return new StoreError('unexpected-answer', `the store's answer to ${subject} makes no sense`, error);
}
