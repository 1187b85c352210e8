import { type BaseBlock, Constructed, fromBER, Integer, ObjectIdentifier, OctetString, Sequence, Set } from 'asn1js';
import { requireDer } from './strict-der.js';
import { malformed } from './timestamp-error.js';

/** An element of ASN.1 as `asn1js` reads it. */
export type Element = BaseBlock;
type Kind<Block extends Element> = abstract new (...parameters: never[]) => Block;

/** Reads one element of strict DER. @throws TimestampError 'malformed' | 'too-large' */
export function parseDer(bytes: Uint8Array, maxSizeBytes: number): Element {
  requireDer(bytes, maxSizeBytes);
  let read: ReturnType<typeof fromBER>;
  try {
    // A copy, so that what is read from it later is what was checked. Bounds are those of the check.
    read = fromBER(Uint8Array.from(bytes), { parseEmbedded: false });
  } catch {
    throw malformed('not ASN.1');
  }
  if (read.offset !== bytes.length) throw malformed('not ASN.1');
  return read.result;
}

/** The exact bytes of an element, tag and length included. */
export const bytesOf = (element: Element): Uint8Array<ArrayBuffer> => Uint8Array.from(element.valueBeforeDecodeView);

/** Whether it has exactly this kind: not one that only derives from it. */
export function isA<Block extends Element>(element: Element | undefined, kind: Kind<Block>): element is Block {
  return element?.constructor === kind;
}

/** @throws TimestampError 'malformed' */
export function expect<Block extends Element>(element: Element | undefined, kind: Kind<Block>, what: string): Block {
  if (!isA(element, kind)) throw malformed(what);
  return element;
}

/** What a constructed element holds, read in order. */
export class Members {
  private readonly elements: readonly Element[];
  private readonly what: string;
  private at = 0;

  private constructor(elements: readonly Element[], what: string) {
    this.elements = elements;
    this.what = what;
  }

  /** Of a SEQUENCE. @throws TimestampError 'malformed' */
  static of(element: Element | undefined, what: string): Members {
    return new Members(expect(element, Sequence, what).valueBlock.value, what);
  }

  /** Of a SET. @throws TimestampError 'malformed' */
  static ofSet(element: Element | undefined, what: string): Members {
    return new Members(expect(element, Set, what).valueBlock.value, what);
  }

  /** Of a context tag: it must be constructed. @throws TimestampError 'malformed' */
  static ofTagged(element: Element | undefined, what: string): Members {
    return new Members(expect(element, Constructed, what).valueBlock.value, what);
  }

  /** The next, of this kind. @throws TimestampError 'malformed' */
  next<Block extends Element>(kind: Kind<Block>): Block {
    return expect(this.elements[this.at++], kind, this.what);
  }

  /** The next, whatever it is. @throws TimestampError 'malformed' */
  any(): Element {
    const element = this.elements[this.at++];
    if (!element) throw malformed(this.what);
    return element;
  }

  /** The next, when it is of this kind. */
  maybe<Block extends Element>(kind: Kind<Block>): Block | undefined {
    const element = this.elements[this.at];
    if (!isA(element, kind)) return undefined;
    this.at++;
    return element;
  }

  /** The next, when it is this context tag. */
  maybeTagged(tag: number): Element | undefined {
    const element = this.elements[this.at];
    if (element?.idBlock.tagClass !== 3 || element.idBlock.tagNumber !== tag) return undefined;
    this.at++;
    return element;
  }

  /** All that is left, in order. */
  rest(): readonly Element[] {
    const rest = this.elements.slice(this.at);
    this.at = this.elements.length;
    return rest;
  }

  /** @throws TimestampError 'malformed' when something is left */
  end(): void {
    if (this.at < this.elements.length) throw malformed(this.what);
  }
}

/** The only member of an explicit context tag. @throws TimestampError 'malformed' */
export function within(element: Element | undefined, what: string): Element {
  const members = Members.ofTagged(element, what);
  const only = members.any();
  members.end();
  return only;
}

/** The next is an object identifier: its dotted form. */
export const nextOid = (members: Members): string => members.next(ObjectIdentifier).getValue();

/** The next is an octet string: its content. */
export const nextOctets = (members: Members): Uint8Array<ArrayBuffer> => octetsOf(members.next(OctetString));
export const octetsOf = (element: OctetString): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(element.valueBlock.valueHexView);

/** The next is an integer. */
export const nextInteger = (members: Members): bigint => members.next(Integer).toBigInt();

/** The content of a primitive element, whatever its tag. */
export function contentOf(element: Element): Uint8Array {
  const bytes = element.valueBeforeDecodeView;
  const long = (bytes[1] ?? 0) & 0x80 ? (bytes[1] ?? 0) & 0x7f : 0;
  return bytes.subarray(2 + long);
}

export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
