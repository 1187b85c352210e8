import { GeneralizedTime } from 'asn1js';
import { digestNamed } from './algorithms.js';
import { parseCertificate } from './certificate.js';
import { bits, byBytes, integer, NULL, octets, oid, sequence, set, tagged, utf8 } from './der-writer.js';
import { type Imprint, requireImprint } from './imprint.js';
import { OID } from './oids.js';
import { FAILURE_BITS, type FailureName } from './timestamp-response.js';

/** Who signs tokens: a certificate for timestamps alone, its key on P-256, and the authorities above it. */
export interface TimestampIssuer {
  readonly certificate: Uint8Array;
  /** Certificates to send along with it. */
  readonly chain: readonly Uint8Array[];
  readonly privateKey: CryptoKey;
}

/** What the authority states. */
export interface TimestampStatement {
  readonly imprint: Imprint;
  readonly policy: string;
  /** Positive, and never one that was used before. */
  readonly serial: bigint;
  readonly genTime: Date;
  readonly accuracySeconds: number;
  readonly nonce: bigint | null;
}

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';

/**
 * An RFC 3161 token: CMS signed data over a TSTInfo, ECDSA with SHA-256, the signer bound by ESSCertIDv2.
 * @param withCertificates whether it brings its certificates, as the request asks
 * @throws TimestampError 'unsupported-algorithm' for a digest that is none of its algorithm
 */
export function issueTimestamp(
  statement: TimestampStatement,
  issuer: TimestampIssuer,
  withCertificates = true,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = tstInfo(statement, issuer);
  return signContent(content, signedAttributes(content, issuer), issuer, withCertificates);
}

/** The answer that brings a token. */
export function grantedResponse(token: Uint8Array): Uint8Array<ArrayBuffer> {
  return sequence(sequence(integer(0n)), token);
}

/** The answer of an authority that gives none. RFC 3161 §2.4.2. */
export function refusedResponse(failure: FailureName, words: string): Uint8Array<ArrayBuffer> {
  const bit: number = FAILURE_BITS[failure];
  // A list of named bits ends with its last one (X.690 §11.2.2).
  const named = new Uint8Array((bit >> 3) + 1);
  named[bit >> 3] = 0x80 >> (bit & 7);
  return sequence(sequence(integer(2n), sequence(utf8(words)), bits(named, 7 - (bit & 7))));
}

export function tstInfo(statement: TimestampStatement, { certificate }: TimestampIssuer): Uint8Array<ArrayBuffer> {
  const { imprint, policy, serial, genTime, accuracySeconds, nonce } = statement;
  const digest = requireImprint(imprint);
  const { subject } = parseCertificate(certificate);
  return sequence(
    integer(1n),
    oid(policy),
    sequence(sequence(oid(digest.oid), NULL), octets(imprint.digest)),
    integer(serial),
    new Uint8Array(new GeneralizedTime({ valueDate: genTime }).toBER()),
    sequence(integer(BigInt(accuracySeconds))),
    ...(nonce === null ? [] : [integer(nonce)]),
    tagged(0, tagged(4, subject.der)),
  );
}

/** DER of each signed attribute. RFC 5652 §11, RFC 5816 §2.2.1. */
export function signedAttributes(content: Uint8Array, { certificate }: TimestampIssuer): Uint8Array<ArrayBuffer>[] {
  const { hash } = digestNamed('SHA-256');
  const id = sequence(sequence(sequence(octets(hash(certificate)))));
  return [
    attribute(OID.contentType, oid(OID.tstInfo)),
    attribute(OID.messageDigest, octets(hash(content))),
    attribute(OID.signingCertificateV2, id),
  ];
}

export const attribute = (type: string, value: Uint8Array): Uint8Array<ArrayBuffer> => sequence(oid(type), set(value));

export async function signContent(
  content: Uint8Array,
  attributes: readonly Uint8Array[],
  { certificate, chain, privateKey }: TimestampIssuer,
  withCertificates = true,
): Promise<Uint8Array<ArrayBuffer>> {
  const sorted = [...attributes].sort(byBytes);
  const signed = set(...sorted);
  const flat = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, signed);
  const { issuer, serial } = parseCertificate(certificate);
  const sha256 = sequence(oid(digestNamed('SHA-256').oid));
  const signer = sequence(
    integer(1n),
    sequence(issuer.der, integer(serial)),
    sha256,
    tagged(0, ...sorted),
    sequence(oid(ECDSA_SHA256)),
    octets(ecdsaDer(new Uint8Array(flat))),
  );
  const data = sequence(
    integer(3n),
    set(sha256),
    sequence(oid(OID.tstInfo), tagged(0, octets(content))),
    ...(withCertificates ? [tagged(0, ...[certificate, ...chain].sort(byBytes))] : []),
    set(signer),
  );
  return sequence(oid(OID.signedData), tagged(0, data));
}

/** Web Crypto gives both numbers side by side; CMS has them as DER. */
function ecdsaDer(flat: Uint8Array): Uint8Array {
  const half = flat.length / 2;
  const number = (bytes: Uint8Array) => integer(bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n));
  return sequence(number(flat.subarray(0, half)), number(flat.subarray(half)));
}
