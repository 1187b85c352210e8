import { BitString, Boolean, Integer, ObjectIdentifier, OctetString } from 'asn1js';
import { bytesOf, type Element, expect, Members, octetsOf, nextOid, parseDer, sameBytes, within } from './der.js';
import { type DistinguishedName, readName } from './distinguished-name.js';
import { instantOf } from './instant.js';
import { malformed } from './timestamp-error.js';

/** A larger one is refused unread. */
export const MAX_CERTIFICATE_SIZE_BYTES = 32 * 1024;

export interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** A certificate as it says of itself: nothing in it is verified. RFC 5280 §4.1. */
export interface Certificate {
  readonly der: Uint8Array<ArrayBuffer>;
  /** The part that is signed. */
  readonly signed: Uint8Array<ArrayBuffer>;
  readonly serial: bigint;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** AlgorithmIdentifier of the signature, see `readScheme`: a root's own, which nobody checks, may be of any kind. */
  readonly algorithm: Element;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** @throws TimestampError 'malformed' | 'too-large' */
export function parseCertificate(der: Uint8Array): Certificate {
  const what = 'a certificate';
  const outer = Members.of(parseDer(der, MAX_CERTIFICATE_SIZE_BYTES), what);
  const tbs = outer.any();
  const outerAlgorithm = outer.any();
  const signature = wholeBytes(outer.next(BitString));
  outer.end();

  const members = Members.of(tbs, what);
  const version = members.maybeTagged(0);
  if (!version || expect(within(version, what), Integer, what).toBigInt() !== 2n) throw malformed('not X.509 v3');
  const serial = members.next(Integer).toBigInt();
  const innerAlgorithm = members.any();
  if (!sameBytes(bytesOf(innerAlgorithm), bytesOf(outerAlgorithm))) throw malformed('two signature algorithms');
  const issuer = readName(members.any());
  const validity = Members.of(members.any(), what);
  const [notBefore, notAfter] = [instantOf(validity.any()), instantOf(validity.any())];
  validity.end();
  const subject = readName(members.any());
  const publicKey = bytesOf(members.any());
  members.maybeTagged(1);
  members.maybeTagged(2);
  const extensions = members.maybeTagged(3);
  members.end();
  return {
    ...{ serial, issuer, subject, notBefore, notAfter, publicKey, signature },
    der: Uint8Array.from(der),
    signed: bytesOf(tbs),
    extensions: extensions ? readExtensionList(Members.of(within(extensions, what), what).rest()) : new Map(),
    algorithm: outerAlgorithm,
  };
}

/** RFC 5280 §4.1.2.9, for certificates and tokens alike. @throws TimestampError 'malformed', also for one that comes twice */
export function readExtensionList(elements: readonly Element[]): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  for (const element of elements) {
    const members = Members.of(element, 'an extension');
    const oid = nextOid(members);
    const critical = members.maybe(Boolean)?.getValue() ?? false;
    const value = octetsOf(members.next(OctetString));
    members.end();
    if (extensions.has(oid)) throw malformed(`the extension ${oid} comes twice`);
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

/** A BIT STRING of whole bytes. */
function wholeBytes(bits: BitString): Uint8Array<ArrayBuffer> {
  if (bits.valueBlock.unusedBits !== 0) throw malformed('a bit string of no whole bytes');
  return Uint8Array.from(bits.valueBlock.valueHexView);
}

/** The kind of key in a SubjectPublicKeyInfo, and its bits as they are. */
export interface KeyInfo {
  readonly oid: string;
  /** Of an elliptic curve. */
  readonly curve?: string;
  readonly bits: Uint8Array<ArrayBuffer>;
}

/** @throws TimestampError 'malformed' */
export function readKeyInfo(publicKey: Uint8Array): KeyInfo {
  const what = 'a public key';
  const members = Members.of(parseDer(publicKey, MAX_CERTIFICATE_SIZE_BYTES), what);
  const algorithm = Members.of(members.any(), what);
  const oid = nextOid(algorithm);
  const curve = algorithm.maybe(ObjectIdentifier)?.getValue();
  const bits = wholeBytes(members.next(BitString));
  members.end();
  return { oid, bits, ...(curve !== undefined && { curve }) };
}

/** What a GeneralNames extension lists, each with its tag. */
export function generalNamesIn(value: Uint8Array): readonly Element[] {
  return Members.of(parseDer(value, MAX_CERTIFICATE_SIZE_BYTES), 'names').rest();
}
