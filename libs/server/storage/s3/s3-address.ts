import { StoreError } from '../store-error.js';

/** Where an S3 bucket is and with what key. */
export interface S3Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly bucket: string;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * `s3://key:secret@host[:port]/bucket[?tls=0][&region=…]`; key and secret percent-encoded. TLS unless `tls=0`; region
 * `us-east-1` unless given. @throws StoreError 'bad-address', which never shows the secret
 */
export function parseS3Address(url: URL): S3Address {
  const tls = url.searchParams.get('tls') ?? '1';
  const bucket = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  const unknown = [...url.searchParams.keys()].find((name) => name !== 'tls' && name !== 'region');
  if (url.hostname === '') throw new StoreError('bad-address', 'the S3 address names no host');
  if (url.username === '' || url.password === '')
    throw new StoreError('bad-address', 'the S3 address lacks key:secret@');
  if (!BUCKET.test(bucket)) throw new StoreError('bad-address', 'the S3 address lacks a valid bucket name');
  if (tls !== '0' && tls !== '1') throw new StoreError('bad-address', 'tls is 0 or 1');
  if (unknown !== undefined) throw new StoreError('bad-address', `the S3 address has an unknown setting ${unknown}`);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls === '1' ? 443 : 80) : Number(url.port),
    tls: tls === '1',
    accessKey: decode(url.username),
    secretKey: decode(url.password),
    region: url.searchParams.get('region') ?? 'us-east-1',
    bucket,
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreError('bad-address', 'key or secret is not percent-encoded');
  }
}
