import { Integer, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import { type Digest, readDigest, readScheme, type SignatureScheme } from './algorithms.js';
import {
  bytesOf,
  contentOf,
  type Element,
  expect,
  Members,
  nextInteger,
  nextOctets,
  nextOid,
  octetsOf,
  parseDer,
  within,
} from './der.js';
import { OID } from './oids.js';
import { malformed } from './timestamp-error.js';

/** A larger token, or answer with a token, is refused unread. */
export const MAX_TOKEN_SIZE_BYTES = 64 * 1024;

/** By what a signer is named: issuer and serial number, or the key identifier of its certificate. */
export type SignerName =
  | { readonly kind: 'issuer-and-serial'; readonly issuer: Uint8Array; readonly serial: bigint }
  | { readonly kind: 'key-identifier'; readonly keyIdentifier: Uint8Array };

/** A token taken apart: CMS SignedData over a TSTInfo, of exactly one signer. Nothing in it is verified. RFC 5652 §5. */
export interface SignedToken {
  /** The token's own bytes: a ContentInfo, without the status that came with it. */
  readonly token: Uint8Array<ArrayBuffer>;
  /** DER of the TSTInfo. */
  readonly content: Uint8Array<ArrayBuffer>;
  /** DER of the certificates that came along, as they are. */
  readonly certificates: readonly Uint8Array<ArrayBuffer>[];
  readonly signer: SignerName;
  readonly digest: Digest;
  readonly scheme: SignatureScheme;
  /** As signed: a SET, not the context tag that carries it. */
  readonly signedAttributes: Uint8Array<ArrayBuffer>;
  /** Each signed attribute's only value. */
  readonly attributes: ReadonlyMap<string, Element>;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/** @throws TimestampError 'malformed' | 'too-large' | 'unsupported-algorithm' */
export function parseToken(token: Uint8Array): SignedToken {
  const what = 'a token';
  const outer = Members.of(parseDer(token, MAX_TOKEN_SIZE_BYTES), what);
  if (nextOid(outer) !== OID.signedData) throw malformed('a token is signed data');
  const members = Members.of(within(outer.maybeTagged(0), what), what);
  outer.end();
  if (nextInteger(members) !== 3n) throw malformed('a token is of version 3');
  const digests = Members.ofSet(members.any(), what).rest().map(readDigest);
  const encapsulated = Members.of(members.any(), what);
  if (nextOid(encapsulated) !== OID.tstInfo) throw malformed('the content of a token is a TSTInfo');
  const content = octetsOf(expect(within(encapsulated.maybeTagged(0), what), OctetString, what));
  encapsulated.end();
  const certificates = members.maybeTagged(0);
  members.maybeTagged(1);
  const signers = Members.ofSet(members.any(), what);
  members.end();
  const signer = signers.any();
  // RFC 3161 §2.4.2: no other signature than the authority's.
  signers.end();
  const part = readSigner(signer);
  // RFC 5652 §5.3: a reader may refuse it; so no bit of the list is free.
  if (!digests.includes(part.digest)) throw malformed('a token whose digest is not among those it lists');
  return {
    ...{ token: Uint8Array.from(token), content },
    ...part,
    certificates: certificates ? certificatesIn(certificates) : [],
  };
}

/** The plain certificates of a CertificateSet; other formats are left alone. */
function certificatesIn(set: Element): Uint8Array<ArrayBuffer>[] {
  const members = Members.ofTagged(set, 'the certificates of a token').rest();
  return members.filter((member) => member.constructor === Sequence).map(bytesOf);
}

type SignerPart = Omit<SignedToken, 'token' | 'content' | 'certificates'>;

function readSigner(element: Element): SignerPart {
  const what = 'the signer of a token';
  const members = Members.of(element, what);
  const version = nextInteger(members);
  const named = members.maybe(Sequence);
  const byKey = named ? undefined : members.maybeTagged(0);
  if (version !== (named ? 1n : 3n)) throw malformed(what);
  const digest = readDigest(members.any());
  const attributes = members.maybeTagged(0);
  // RFC 5652 §5.3: must be there, as the content is not plain data.
  if (!attributes) throw malformed('a token without signed attributes');
  const scheme = readScheme(members.any());
  const signature = nextOctets(members);
  members.maybeTagged(1);
  members.end();
  const signedAttributes = bytesOf(attributes);
  signedAttributes[0] = 0x31;
  return {
    ...{ digest, scheme, signature, signedAttributes },
    signer: signerName(named, byKey),
    attributes: attributesIn(attributes),
  };
}

function signerName(named: Sequence | undefined, byKey: Element | undefined): SignerName {
  const what = 'the name of a signer';
  if (byKey) return { kind: 'key-identifier', keyIdentifier: contentOf(byKey) };
  const members = Members.of(named, what);
  const issuer = bytesOf(members.any());
  const serial = members.next(Integer).toBigInt();
  members.end();
  return { kind: 'issuer-and-serial', issuer, serial };
}

/** Each type once, each with one value: RFC 5652 §5.3 and §11, and no attribute in use here has several. */
function attributesIn(set: Element): ReadonlyMap<string, Element> {
  const elements = Members.ofTagged(set, 'signed attributes').rest();
  const attributes = new Map<string, Element>();
  for (const element of elements) {
    const members = Members.of(element, 'a signed attribute');
    const oid = members.next(ObjectIdentifier).getValue();
    const values = Members.ofSet(members.any(), `the signed attribute ${oid}`);
    members.end();
    const value = values.any();
    values.end();
    if (attributes.has(oid)) throw malformed(`the signed attribute ${oid} comes twice`);
    attributes.set(oid, value);
  }
  return attributes;
}
