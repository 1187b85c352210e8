import { sha1 } from '@noble/hashes/legacy.js';
import { OctetString, Sequence } from 'asn1js';
import { digestNamed, readDigest } from './algorithms.js';
import type { Certificate } from './certificate.js';
import { bytesOf, type Element, Members, nextInteger, nextOctets, sameBytes, within } from './der.js';
import { OID } from './oids.js';
import { malformed, TimestampError } from './timestamp-error.js';

/** What a signed attribute says of a certificate: its digest, and, if stated, whose and which it is. */
interface CertificateId {
  readonly hash: (bytes: Uint8Array) => Uint8Array;
  readonly digest: Uint8Array;
  readonly issued?: { readonly issuer: Uint8Array; readonly serial: bigint };
}

/**
 * The signed attributes must name the certificate that the signature is checked under: else whoever holds another certificate for the same
 * key could put it in its place. ESSCertIDv2 (RFC 5035 §3, RFC 5816 §2.2.1), or ESSCertID where there is only that; SHA-1 there stands for
 * an identity that a second preimage would have to match, and collisions do not help. Where both are present both must hold. Further
 * certificates that are named must be of the path.
 * @param path signer first
 * @throws TimestampError 'wrong-signer' | 'malformed' | 'unsupported-algorithm'
 */
export function requireSigningCertificate(
  attributes: ReadonlyMap<string, Element>,
  path: readonly Certificate[],
): void {
  const first = attributes.get(OID.signingCertificate);
  const second = attributes.get(OID.signingCertificateV2);
  if (!first && !second) throw malformed('a token that does not name its signer (ESSCertID)');
  if (second) requireIds(idsIn(second, readIdV2), path);
  if (first) requireIds(idsIn(first, readId), path);
}

function requireIds(ids: readonly CertificateId[], path: readonly Certificate[]): void {
  const [signer, ...others] = ids;
  if (!signer || !path[0] || !names(signer, path[0])) {
    throw new TimestampError('wrong-signer', 'the signed attributes name another certificate than the signer’s');
  }
  if (others.some((id) => !path.some((certificate) => names(id, certificate)))) {
    throw new TimestampError('wrong-signer', 'the signed attributes name a certificate that is not of the path');
  }
}

function names({ hash, digest, issued }: CertificateId, { der, issuer, serial }: Certificate): boolean {
  return (
    sameBytes(hash(der), digest) && (!issued || (issued.serial === serial && sameBytes(issued.issuer, issuer.der)))
  );
}

/** SigningCertificate and SigningCertificateV2: a list of ids, then policies, which the reader's own replace. */
function idsIn(value: Element, read: (id: Element) => CertificateId): CertificateId[] {
  const what = 'an attribute that names the signer';
  const members = Members.of(value, what);
  const ids = Members.of(members.any(), what).rest().map(read);
  members.maybe(Sequence);
  members.end();
  return ids;
}

function readId(element: Element): CertificateId {
  const members = Members.of(element, 'an ESSCertID');
  const digest = nextOctets(members);
  return { hash: sha1, digest, ...issuedIn(members) };
}

function readIdV2(element: Element): CertificateId {
  const members = Members.of(element, 'an ESSCertIDv2');
  // Left out when it is SHA-256; an AlgorithmIdentifier is the only SEQUENCE before the digest.
  const algorithm = members.maybe(Sequence);
  const { hash } = algorithm ? readDigest(algorithm) : digestNamed('SHA-256');
  const digest = members.next(OctetString);
  return { hash, digest: Uint8Array.from(digest.valueBlock.valueHexView), ...issuedIn(members) };
}

/** IssuerSerial, optional: one directory name and a serial number. */
function issuedIn(members: Members): Pick<CertificateId, 'issued'> {
  const issued = members.maybe(Sequence);
  members.end();
  if (!issued) return {};
  const parts = Members.of(issued, 'an issuer and serial number');
  const [name, ...more] = Members.of(parts.any(), 'the name of an issuer').rest();
  const serial = nextInteger(parts);
  parts.end();
  if (name?.idBlock.tagNumber !== 4 || more.length > 0) throw malformed('the name of an issuer');
  return { issued: { issuer: bytesOf(within(name, 'the name of an issuer')), serial } };
}
