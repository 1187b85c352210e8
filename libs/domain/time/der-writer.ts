import { Integer, ObjectIdentifier } from 'asn1js';
import { concatBytes } from '@noble/hashes/utils.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Building blocks of DER, each its bytes. Members of a SET OF are the caller's to order, see `byBytes`. ITU-T X.690. */
export const sequence = (...members: Uint8Array[]): Bytes => element(0x30, ...members);
export const set = (...members: Uint8Array[]): Bytes => element(0x31, ...members);
/** A context tag, constructed. */
export const tagged = (tag: number, ...members: Uint8Array[]): Bytes => element(0xa0 | tag, ...members);
export const octets = (bytes: Uint8Array): Bytes => element(0x04, bytes);
export const utf8 = (text: string): Bytes => element(0x0c, new TextEncoder().encode(text));
export const bits = (bytes: Uint8Array, unusedBits: number): Bytes => element(0x03, Uint8Array.of(unusedBits), bytes);
export const NULL: Bytes = element(0x05);
export const TRUE: Bytes = element(0x01, Uint8Array.of(0xff));
export const oid = (value: string): Bytes => new Uint8Array(new ObjectIdentifier({ value }).toBER());
export const integer = (value: bigint): Bytes => new Uint8Array(Integer.fromBigInt(value).toBER());

function element(identifier: number, ...content: Uint8Array[]): Bytes {
  const size = content.reduce((sum, { length }) => sum + length, 0);
  return Uint8Array.from(concatBytes(Uint8Array.of(identifier, ...lengthOf(size)), ...content));
}

/** The shortest form. */
function lengthOf(size: number): number[] {
  if (size < 0x80) return [size];
  const bytes: number[] = [];
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

/** The order of a SET OF in DER: that of the encodings. X.690 §11.6. */
export function byBytes(one: Uint8Array, other: Uint8Array): number {
  for (let at = 0; at < one.length && at < other.length; at++) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
