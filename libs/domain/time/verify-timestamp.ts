import { OctetString, ObjectIdentifier } from 'asn1js';
import { digestNamed } from './algorithms.js';
import { type Certificate, generalNamesIn, parseCertificate } from './certificate.js';
import { findPath } from './certificate-path.js';
import { requireTimestampingSigner } from './certificate-rules.js';
import { bytesOf, expect, octetsOf, parseDer, sameBytes, within } from './der.js';
import type { Imprint } from './imprint.js';
import { OID } from './oids.js';
import { MAX_TOKEN_SIZE_BYTES, parseToken, type SignedToken, type SignerName } from './signed-data.js';
import { requireSigningCertificate } from './signing-certificate.js';
import { malformed, TimestampError } from './timestamp-error.js';
import { tokenIn } from './timestamp-response.js';
import { type Accuracy, parseTstInfo, type TstInfo } from './tst-info.js';
import { verifySignature } from './verify-signature.js';

/** What is to be under the timestamp: the bytes themselves, or their digest. */
export type Stamped = { readonly bytes: Uint8Array } | { readonly imprint: Imprint };

/** Whom the reader believes. */
export interface TimestampTrust {
  /** DER of the certificates that every path must end at: the reader's own, never ones that came with the token. */
  readonly roots: readonly Uint8Array[];
  /** Policies of authorities that are accepted, dotted; without it every policy is. */
  readonly policies?: readonly string[];
  /** DER of certificates that may be needed on the way, for tokens that bring none. They are not trusted for being here. */
  readonly certificates?: readonly Uint8Array[];
  /** The reader's present: a token from later is refused. */
  readonly at?: Date;
}

export type TimestampChecks = TimestampTrust & Stamped & { /** As was asked. */ readonly nonce?: bigint };

export interface VerifiedTimestamp {
  readonly genTime: Date;
  /** Null when the authority does not say. */
  readonly accuracy: Accuracy | null;
  readonly ordering: boolean;
  readonly policy: string;
  /** Subject of the certificate that signed, RFC 4514. */
  readonly tsaName: string;
  /** Decimal; unique with this authority. */
  readonly serial: string;
  readonly imprint: Imprint;
  /** The earliest end of the certificates that it rests on: it is to be renewed before. */
  readonly certificateNotAfter: Date;
  /** DER of the reader's root that the path ends at. */
  readonly root: Uint8Array<ArrayBuffer>;
  /** The token alone, without the answer that it came in. */
  readonly token: Uint8Array<ArrayBuffer>;
}

/**
 * Verifies an RFC 3161 token, or the answer that brought it: from cheap to costly, and all of it —
 * the answer is granted; strict DER of at most 64 KiB; the digest is that of the bytes; nonce and policy; no unknown critical extension;
 * content type and message digest among the signed attributes; the signer's certificate is bound by ESSCertIDv2 (or ESSCertID), is for
 * timestamps alone and critically so; a path leads from it to a root of the reader's, each certificate valid *at the token's time*, not
 * now; the authority's name is its certificate's; the signature holds. Goes to no network: revocation is not looked up.
 * @throws TimestampError
 */
export async function verifyTimestamp(
  tokenOrResponse: Uint8Array,
  checks: TimestampChecks,
): Promise<VerifiedTimestamp> {
  const signed = parseToken(tokenIn(tokenOrResponse));
  const info = parseTstInfo(signed.content, MAX_TOKEN_SIZE_BYTES);
  requireContent(info, checks);
  requireAttributes(signed);
  const others = parseAll([...signed.certificates, ...(checks.certificates ?? [])]);
  const roots = checks.roots.map(parseCertificate);
  const signer = signerAmong([...others, ...roots], signed.signer);
  requireTimestampingSigner(signer);
  requireName(info, signer);
  const path = await findPath({ signer, others, roots, at: info.genTime });
  requireSigningCertificate(signed.attributes, path);
  const { signedAttributes: bytes, signature, scheme, digest } = signed;
  if (scheme.digest && scheme.digest !== digest) throw malformed('two digests for one signature');
  await verifySignature({ bytes, signature, scheme, digest }, signer.publicKey);
  return {
    ...{ genTime: info.genTime, accuracy: info.accuracy, ordering: info.ordering },
    ...{ policy: info.policy, serial: info.serial.toString(), imprint: info.imprint, token: signed.token },
    tsaName: signer.subject.text,
    certificateNotAfter: new Date(Math.min(...path.map(({ notAfter }) => notAfter.getTime()))),
    root: (path.at(-1) ?? signer).der,
  };
}

/** What a token says, before anything of it is verified: to choose by, never to believe. @throws TimestampError */
export function readTimestamp(tokenOrResponse: Uint8Array): TstInfo {
  return parseTstInfo(parseToken(tokenIn(tokenOrResponse)).content, MAX_TOKEN_SIZE_BYTES);
}

function requireContent(info: TstInfo, checks: TimestampChecks): void {
  const { algorithm, digest } = info.imprint;
  const wanted = 'bytes' in checks ? { algorithm, digest: digestNamed(algorithm).hash(checks.bytes) } : checks.imprint;
  if (wanted.algorithm !== algorithm || !sameBytes(wanted.digest, digest)) {
    throw new TimestampError('wrong-imprint', 'the token is over other bytes');
  }
  if (checks.nonce !== undefined && checks.nonce !== info.nonce) {
    throw new TimestampError('wrong-nonce', 'the token answers another request');
  }
  if (checks.policies && !checks.policies.includes(info.policy)) {
    throw new TimestampError('wrong-policy', `the policy ${info.policy} is not accepted`);
  }
  for (const [oid, { critical }] of info.extensions) {
    if (critical) throw new TimestampError('unknown-critical-extension', `the token has the extension ${oid}`);
  }
  if (checks.at && info.genTime > checks.at) {
    throw new TimestampError('in-the-future', `the token is of ${info.genTime.toISOString()}`);
  }
}

/** RFC 5652 §5.4, §11.1, §11.2. */
function requireAttributes({ attributes, content, digest }: SignedToken): void {
  const type = expect(attributes.get(OID.contentType), ObjectIdentifier, 'a token without a signed content type');
  if (type.getValue() !== OID.tstInfo) throw malformed('the signed content type is another');
  const stated = expect(attributes.get(OID.messageDigest), OctetString, 'a token without a signed digest');
  if (!sameBytes(octetsOf(stated), digest.hash(content))) {
    throw new TimestampError('bad-signature', 'the signed digest is of other content');
  }
}

/** Those that can be read: what else a token brings is no reason to refuse it, and never believed. */
function parseAll(certificates: readonly Uint8Array[]): Certificate[] {
  return certificates.flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch (error) {
      if (error instanceof TimestampError) return [];
      throw error;
    }
  });
}

function signerAmong(certificates: readonly Certificate[], name: SignerName): Certificate {
  const found = certificates.find((certificate) => {
    if (name.kind === 'issuer-and-serial') {
      return certificate.serial === name.serial && sameBytes(certificate.issuer.der, name.issuer);
    }
    const identifier = certificate.extensions.get(OID.subjectKeyIdentifier);
    return (
      identifier &&
      sameBytes(octetsOf(expect(parseDer(identifier.value, 256), OctetString, 'a key identifier')), name.keyIdentifier)
    );
  });
  if (!found) throw new TimestampError('signer-missing', 'the certificate of the signer is not at hand');
  return found;
}

/** RFC 3161 §2.4.2: the name in the token, where there is one, is a name of the certificate. */
function requireName({ tsa }: TstInfo, signer: Certificate): void {
  if (!tsa) return;
  const isSubject = tsa.idBlock.tagNumber === 4 && sameBytes(bytesOf(within(tsa, 'a name')), signer.subject.der);
  const alternatives = signer.extensions.get(OID.subjectAltName);
  const named = bytesOf(tsa);
  const isAlternative =
    alternatives && generalNamesIn(alternatives.value).some((name) => sameBytes(bytesOf(name), named));
  if (!isSubject && !isAlternative) {
    throw new TimestampError('wrong-name', `the authority's name in the token is not ${signer.subject.text}`);
  }
}
