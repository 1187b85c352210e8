import { parseStrictJson } from '#domain/manifest';

/** A compact JWS, taken apart and not yet believed. */
export interface StrictJws {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
  /** What the signature is over. */
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

const SEGMENT = /^[A-Za-z0-9_-]+$/;

/**
 * Before any cryptography: three segments of strict base64url, no bit beyond what they say, whose JSON are objects without duplicate members.
 * RFC 7515 §3.1, RFC 8725 §3.
 *
 * @throws Error that says what is loose
 */
export function parseStrictJws(text: string, mostCharacters: number): StrictJws {
  const segments = text.length > mostCharacters ? [] : text.split('.');
  if (segments.length !== 3) throw new Error('not signed in the compact form');
  const [header, payload, signature] = segments.map(strictBytes) as [Buffer, Buffer, Buffer];
  return {
    header: strictObject(header),
    payload: strictObject(payload),
    signed: Buffer.from(text.slice(0, text.lastIndexOf('.')), 'latin1'),
    signature,
  };
}

/** @throws Error for padding, white space, another alphabet, or bits that no byte has */
function strictBytes(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url');
  if (!SEGMENT.test(segment) || bytes.toString('base64url') !== segment) throw new Error('loose base64url');
  return bytes;
}

function strictObject(bytes: Buffer): Record<string, unknown> {
  const value = parseStrictJson(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no JSON object');
  return value as Record<string, unknown>;
}
