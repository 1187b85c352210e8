import { BaseStringBlock, BmpString, ObjectIdentifier } from 'asn1js';
import { bytesOf, type Element, Members } from './der.js';
import { malformed } from './timestamp-error.js';

/** A name of X.500: compared byte by byte, shown as text. */
export interface DistinguishedName {
  readonly der: Uint8Array<ArrayBuffer>;
  /** RFC 4514, the most specific part first: `CN=demo-tsa,O=Amana`. For people; never compared. */
  readonly text: string;
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['2.5.4.3', 'CN'],
  ['2.5.4.5', 'serialNumber'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.10', 'O'],
  ['2.5.4.11', 'OU'],
  ['2.5.4.97', 'organizationIdentifier'],
]);

/** @throws TimestampError 'malformed' */
export function readName(element: Element | undefined): DistinguishedName {
  const what = 'a name';
  if (!element) throw malformed(what);
  const parts = Members.of(element, what).rest();
  const text = parts.map((part) => Members.ofSet(part, what).rest().map(attributeText).join('+'));
  return { der: bytesOf(element), text: text.reverse().join(',') };
}

function attributeText(element: Element): string {
  const members = Members.of(element, 'an attribute of a name');
  const oid = members.next(ObjectIdentifier).getValue();
  const value = members.any();
  members.end();
  const label = SHORT.get(oid) ?? oid;
  if (!(value instanceof BaseStringBlock) && !(value instanceof BmpString)) return `${label}=?`;
  return `${label}=${escaped(value.getValue())}`;
}

/** RFC 4514 §2.4; control characters as hex, so that a name stays on its line. */
function escaped(text: string): string {
  return text
    .replace(/[\\,+"<>;=]/g, '\\$&')
    .replace(/[\x00-\x1f\x7f]/g, (control) => `\\${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
