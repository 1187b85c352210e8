import { malformed, TimestampError } from './timestamp-error.js';

/** Deeper or more than any certificate or token needs; bounds what a hostile one may cost. */
const MAX_DEPTH = 32;
const MAX_ELEMENTS = 10_000;

const CONSTRUCTED = 0x20;
/** Of class universal: those with a form of their own. */
const [BOOLEAN, INTEGER, BIT_STRING, NULL, OBJECT_IDENTIFIER, ENUMERATED] = [1, 2, 3, 5, 6, 10];
const [SEQUENCE, SET] = [16, 17];

/**
 * Refuses what is not exactly one element of DER: one encoding for one value, so that no two readers see different things in the same
 * bytes. The order within a SET OF is not looked at, for authorities send certificates as they like; where it matters the caller does.
 * Tags above 30 and OCTET STRINGs' insides are none of its business: the former are refused, the latter opaque. ITU-T X.690 §8, §10, §11.
 * @throws TimestampError 'malformed' | 'too-large'
 */
export function requireDer(bytes: Uint8Array, maxSizeBytes: number): void {
  if (bytes.length > maxSizeBytes) {
    throw new TimestampError('too-large', `${bytes.length} bytes, and at most ${maxSizeBytes} are read`);
  }
  const seen = { elements: 0 };
  const end = walk(bytes, 0, bytes.length, 0, seen);
  if (end !== bytes.length) throw malformed('bytes after the end');
}

/** @returns where the element ends */
function walk(bytes: Uint8Array, start: number, limit: number, depth: number, seen: { elements: number }): number {
  if (depth > MAX_DEPTH) throw malformed('nested too deep');
  if (++seen.elements > MAX_ELEMENTS) throw malformed('too many elements');
  const identifier = byteAt(bytes, start, limit);
  const tag = identifier & 0x1f;
  if (tag === 0x1f) throw malformed('a tag above 30');
  const { from, to } = contentOf(bytes, start + 1, limit);
  const constructed = (identifier & CONSTRUCTED) !== 0;
  if (identifier >> 6 === 0) requireForm(tag, constructed, bytes.subarray(from, to));
  if (constructed) for (let at = from; at < to;) at = walk(bytes, at, to, depth + 1, seen);
  return to;
}

function contentOf(bytes: Uint8Array, at: number, limit: number): { from: number; to: number } {
  const first = byteAt(bytes, at, limit);
  let from = at + 1;
  let size = first;
  if (first >= 0x80) {
    const width = first & 0x7f;
    if (width === 0 || width > 4) throw malformed('a length that is indefinite or absurd');
    size = 0;
    for (let end = from + width; from < end; from++) size = size * 256 + byteAt(bytes, from, limit);
    if (size < 0x80 || size < 256 ** (width - 1)) throw malformed('a length that is not the shortest');
  }
  if (size > limit - from) throw malformed('an element that is cut off');
  return { from, to: from + size };
}

function requireForm(tag: number, constructed: boolean, content: Uint8Array): void {
  if (constructed !== (tag === SEQUENCE || tag === SET)) throw malformed('primitive where constructed, or the reverse');
  const [first = 0, second = 0] = content;
  if (tag === BOOLEAN && (content.length !== 1 || (first !== 0 && first !== 0xff))) throw malformed('a boolean');
  if (tag === INTEGER || tag === ENUMERATED) {
    const padded = content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (content.length === 0 || padded) throw malformed('an integer that is not the shortest');
  }
  if (tag === NULL && content.length !== 0) throw malformed('a null that is something');
  if (tag === OBJECT_IDENTIFIER) requireObjectIdentifier(content);
  if (tag === BIT_STRING) {
    const unused = (content.at(-1) ?? 0) & ((1 << first) - 1);
    if (content.length === 0 || first > 7 || (content.length === 1 ? first !== 0 : unused !== 0)) {
      throw malformed('a bit string');
    }
  }
}

function requireObjectIdentifier(content: Uint8Array): void {
  const last = content.at(-1);
  if (last === undefined || last >= 0x80) throw malformed('an object identifier');
  for (const [at, byte] of content.entries()) {
    if (byte === 0x80 && (at === 0 || (content[at - 1] ?? 0) < 0x80)) throw malformed('an object identifier');
  }
}

function byteAt(bytes: Uint8Array, at: number, limit: number): number {
  const byte = at < limit ? bytes[at] : undefined;
  if (byte === undefined) throw malformed('it ends too early');
  return byte;
}
