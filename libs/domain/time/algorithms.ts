import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { Integer, Null } from 'asn1js';
import { type Element, isA, Members, nextOid, within } from './der.js';
import { TimestampError } from './timestamp-error.js';

/** Digests that a timestamp may be over, or made with. */
export type DigestName = 'SHA-256' | 'SHA-384' | 'SHA-512';

export interface Digest {
  readonly name: DigestName;
  readonly oid: string;
  readonly sizeBytes: number;
  readonly hash: (bytes: Uint8Array) => Uint8Array;
}

const DIGESTS: readonly Digest[] = [
  { name: 'SHA-256', oid: '2.16.840.1.101.3.4.2.1', sizeBytes: 32, hash: sha256 },
  { name: 'SHA-384', oid: '2.16.840.1.101.3.4.2.2', sizeBytes: 48, hash: sha384 },
  { name: 'SHA-512', oid: '2.16.840.1.101.3.4.2.3', sizeBytes: 64, hash: sha512 },
];

export function digestNamed(name: DigestName): Digest {
  const digest = DIGESTS.find((one) => one.name === name);
  if (!digest) throw unsupported(`the digest ${name}`);
  return digest;
}

/** How a signature is made: the digest is undefined where the signer names it apart (CMS with `rsaEncryption`). */
export interface SignatureScheme {
  readonly kind: 'rsa' | 'rsa-pss' | 'ecdsa' | 'ed25519';
  readonly digest: Digest | undefined;
  /** Of RSASSA-PSS. */
  readonly saltSizeBytes?: number;
}

const named = (kind: 'rsa' | 'ecdsa', name: DigestName): SignatureScheme => ({ kind, digest: digestNamed(name) });

/** No SHA-1, no MD5, no DSA. RSASSA-PSS is read by its parameters. */
const SCHEMES: ReadonlyMap<string, SignatureScheme> = new Map<string, SignatureScheme>([
  ['1.2.840.113549.1.1.1', { kind: 'rsa', digest: undefined }],
  ['1.2.840.113549.1.1.11', named('rsa', 'SHA-256')],
  ['1.2.840.113549.1.1.12', named('rsa', 'SHA-384')],
  ['1.2.840.113549.1.1.13', named('rsa', 'SHA-512')],
  ['1.2.840.10045.4.3.2', named('ecdsa', 'SHA-256')],
  ['1.2.840.10045.4.3.3', named('ecdsa', 'SHA-384')],
  ['1.2.840.10045.4.3.4', named('ecdsa', 'SHA-512')],
  ['1.3.101.112', { kind: 'ed25519', digest: undefined }],
]);
const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

/** The digest of an AlgorithmIdentifier. @throws TimestampError 'unsupported-algorithm' | 'malformed' */
export function readDigest(element: Element | undefined): Digest {
  const { oid, parameters } = readAlgorithm(element, 'the identifier of a digest');
  const digest = DIGESTS.find((one) => one.oid === oid);
  if (!digest || (parameters && !isA(parameters, Null))) throw unsupported(`the digest ${oid}`);
  return digest;
}

/** The scheme of an AlgorithmIdentifier. @throws TimestampError 'unsupported-algorithm' | 'malformed' */
export function readScheme(element: Element | undefined): SignatureScheme {
  const { oid, parameters } = readAlgorithm(element, 'the identifier of a signature algorithm');
  if (oid === RSASSA_PSS) return readPss(parameters);
  const scheme = SCHEMES.get(oid);
  if (!scheme || (parameters && (scheme.kind !== 'rsa' || !isA(parameters, Null)))) {
    throw unsupported(`the signature algorithm ${oid}`);
  }
  return scheme;
}

function readAlgorithm(element: Element | undefined, what: string): { oid: string; parameters?: Element } {
  const members = Members.of(element, what);
  const oid = nextOid(members);
  const [parameters, ...more] = members.rest();
  if (more.length > 0) throw unsupported(what);
  return parameters ? { oid, parameters } : { oid };
}

/** RFC 4055 §3.1. What is left out means SHA-1, and is refused; digest and mask generation must agree. */
function readPss(parameters: Element | undefined): SignatureScheme {
  const what = 'the parameters of RSASSA-PSS';
  const members = Members.of(parameters, what);
  const explicit = (tag: number) => {
    const tagged = members.maybeTagged(tag);
    return tagged && within(tagged, what);
  };
  const digest = readDigest(explicit(0));
  const mask = readAlgorithm(explicit(1), what);
  const salt = explicit(2);
  const saltSizeBytes = isA(salt, Integer) ? Number(salt.toBigInt()) : 20;
  members.end();
  if (mask.oid !== MGF1 || readDigest(mask.parameters) !== digest) throw unsupported(what);
  if (saltSizeBytes < 0 || saltSizeBytes > 128) throw unsupported(what);
  return { kind: 'rsa-pss', digest, saltSizeBytes };
}

export const unsupported = (what: string) => new TimestampError('unsupported-algorithm', `${what} is not accepted`);
