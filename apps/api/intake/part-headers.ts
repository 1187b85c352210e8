import type { IncomingHttpHeaders } from 'node:http';
import { types } from 'node:util';
import { parseDictionary } from 'structured-headers';
import { Problem } from '#domain/contract';
import type { PartPlace } from '#server/intake';

const SHA256_SIZE_BYTES = 32;

/** What the header of a part's request says of its body. */
export interface PartHeaders {
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  readonly place: PartPlace | null;
}

/**
 * Reads Content-Length, Content-Digest (RFC 9530, a structured field, `sha-256=:…:`) and Content-Range, which may say once more where
 * the part lies (RFC 9110 §14.4), before a byte of the body is touched.
 * @throws Problem 'length-required', 'media-type', 'digest-missing', 'malformed-request'
 */
export function partHeaders(headers: IncomingHttpHeaders): PartHeaders {
  const { 'content-length': length, 'content-type': type, 'content-encoding': encoding } = headers;
  if (length === undefined) throw new Problem('length-required');
  if (type !== undefined && type !== 'application/octet-stream')
    throw new Problem('media-type', 'a part is application/octet-stream');
  if (encoding !== undefined) throw new Problem('media-type', 'a part is not encoded');
  const digest = headers['content-digest'];
  if (typeof digest !== 'string') throw new Problem('digest-missing');
  const sizeBytes = Number(length);
  return { sizeBytes, sha256: sha256In(digest), place: placeIn(headers['content-range'], sizeBytes) };
}

function placeIn(field: string | undefined, sizeBytes: number): PartPlace | null {
  if (field === undefined) return null;
  const [, first, last, whole] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(field) ?? [];
  if (first === undefined || last === undefined)
    throw new Problem('malformed-request', 'a Content-Range is `bytes first-last/size`');
  const [start, end] = [Number(first), Number(last) + 1];
  if (end - start !== sizeBytes) throw new Problem('malformed-request', 'Content-Range and Content-Length differ');
  return { start, end, objectSizeBytes: whole === undefined || whole === '*' ? null : Number(whole) };
}

function sha256In(field: string): Uint8Array {
  let value: unknown;
  try {
    [value] = parseDictionary(field).get('sha-256') ?? [];
  } catch {
    throw new Problem('digest-missing', 'the Content-Digest is not a structured field');
  }
  if (!types.isAnyArrayBuffer(value)) throw new Problem('digest-missing', 'the Content-Digest has no sha-256');
  const bytes = new Uint8Array(value);
  if (bytes.length !== SHA256_SIZE_BYTES) throw new Problem('digest-missing', 'a sha-256 has 32 bytes');
  return bytes;
}
