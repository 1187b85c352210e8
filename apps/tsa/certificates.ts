import { randomBytes, webcrypto } from 'node:crypto';
import { BitString, Integer, OctetString, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  CryptoEngine,
  ExtKeyUsage,
  Extension,
} from 'pkijs';

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const COMMON_NAME = '2.5.4.3';

/** Key pairs here are on P-256. */
export const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const engine = new CryptoEngine({ name: 'node', crypto: webcrypto as Crypto });

export interface CertificateParts {
  readonly name: string;
  /** Whose key is certified. */
  readonly publicKey: CryptoKey;
  /** Who signs: itself, or the root. */
  readonly issuer: { readonly name: string; readonly keys: CryptoKeyPair };
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A certificate authority's own certificate, for one that issues to signers alone. DER. */
export function rootCertificate(parts: CertificateParts): Promise<Uint8Array<ArrayBuffer>> {
  return certificate(parts, [
    extension(BASIC_CONSTRAINTS, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema().toBER()),
    // keyCertSign, cRLSign
    extension(KEY_USAGE, true, bits(0x06, 1)),
  ]);
}

/** The certificate of who signs timestamps, and nothing else (RFC 3161 §2.3). DER. */
export function signerCertificate(parts: CertificateParts): Promise<Uint8Array<ArrayBuffer>> {
  return certificate(parts, [
    // digitalSignature
    extension(KEY_USAGE, true, bits(0x80, 7)),
    extension(EXTENDED_KEY_USAGE, true, new ExtKeyUsage({ keyPurposes: [TIME_STAMPING] }).toSchema().toBER()),
  ]);
}

async function certificate(parts: CertificateParts, extensions: Extension[]): Promise<Uint8Array<ArrayBuffer>> {
  const made = new Certificate();
  made.version = 2;
  made.serialNumber = new Integer({ valueHex: positive(randomBytes(16)) });
  made.issuer.typesAndValues.push(nameOf(parts.issuer.name));
  made.subject.typesAndValues.push(nameOf(parts.name));
  made.notBefore.value = parts.notBefore;
  made.notAfter.value = parts.notAfter;
  await made.subjectPublicKeyInfo.importKey(parts.publicKey, engine);
  const [own, above] = [await keyIdentifier(parts.publicKey), await keyIdentifier(parts.issuer.keys.publicKey)];
  const authority = new AuthorityKeyIdentifier({ keyIdentifier: new OctetString({ valueHex: above }) });
  made.extensions = [
    ...extensions,
    extension(SUBJECT_KEY_IDENTIFIER, false, new OctetString({ valueHex: own }).toBER()),
    extension(AUTHORITY_KEY_IDENTIFIER, false, authority.toSchema().toBER()),
  ];
  await made.sign(parts.issuer.keys.privateKey, 'SHA-256', engine);
  return new Uint8Array(made.toSchema(true).toBER());
}

function nameOf(name: string): AttributeTypeAndValue {
  return new AttributeTypeAndValue({ type: COMMON_NAME, value: new Utf8String({ value: name }) });
}

function extension(extnID: string, critical: boolean, extnValue: ArrayBuffer): Extension {
  return new Extension({ extnID, critical, extnValue });
}

function bits(byte: number, unusedBits: number): ArrayBuffer {
  return new BitString({ valueHex: Uint8Array.of(byte), unusedBits }).toBER();
}

/** SHA-1 of the key's bits (RFC 5280 §4.2.1.2): a name, not a protection. */
async function keyIdentifier(key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await webcrypto.subtle.digest('SHA-1', await webcrypto.subtle.exportKey('raw', key)));
}

/** As an INTEGER that is positive and not padded: its first byte is from 1 to 127. */
function positive(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const number = Uint8Array.from(bytes);
  number[0] = ((number[0] ?? 0) & 0x3f) | 0x40;
  return number;
}
