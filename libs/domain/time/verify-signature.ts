import { Integer } from 'asn1js';
import { type Digest, type SignatureScheme, unsupported } from './algorithms.js';
import { readKeyInfo } from './certificate.js';
import { Members, parseDer } from './der.js';
import { TimestampError } from './timestamp-error.js';

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1';
const EC_PUBLIC_KEY = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';
const CURVES: ReadonlyMap<string, { name: string; sizeBytes: number }> = new Map([
  ['1.2.840.10045.3.1.7', { name: 'P-256', sizeBytes: 32 }],
  ['1.3.132.0.34', { name: 'P-384', sizeBytes: 48 }],
  ['1.3.132.0.35', { name: 'P-521', sizeBytes: 66 }],
]);
const RSA_BITS = { min: 2048, max: 8192 };

export interface Signed {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly scheme: SignatureScheme;
  /** Where the scheme does not name it. */
  readonly digest?: Digest;
}

/**
 * Checks a signature under a SubjectPublicKeyInfo with the Web Crypto of the runtime: RSA of 2048 to 8192 bits (PKCS #1 v1.5 or PSS), ECDSA
 * on P-256, P-384, P-521, Ed25519.
 * @throws TimestampError 'bad-signature' | 'unsupported-algorithm' | 'malformed'
 */
export async function verifySignature(signed: Signed, publicKey: Uint8Array<ArrayBuffer>): Promise<void> {
  const { importAs, verifyAs, signature } = parametersOf(signed, publicKey);
  let holds: boolean;
  try {
    const key = await crypto.subtle.importKey('spki', publicKey, importAs, false, ['verify']);
    holds = await crypto.subtle.verify(verifyAs, key, signature, signed.bytes);
  } catch {
    // A point that is not on its curve, a key that the runtime does not know: nothing that verifies.
    holds = false;
  }
  if (!holds) throw new TimestampError('bad-signature', 'the signature does not hold');
}

interface Parameters {
  readonly importAs: RsaHashedImportParams | EcKeyImportParams | AlgorithmIdentifier;
  readonly verifyAs: RsaPssParams | EcdsaParams | AlgorithmIdentifier;
  readonly signature: Uint8Array<ArrayBuffer>;
}

function parametersOf({ scheme, signature, digest: apart }: Signed, publicKey: Uint8Array): Parameters {
  const { oid, curve, bits } = readKeyInfo(publicKey);
  if (scheme.kind === 'ed25519') {
    if (oid !== ED25519) throw unsupported('a key of another kind than its signature');
    return { importAs: 'Ed25519', verifyAs: 'Ed25519', signature };
  }
  const hash = (scheme.digest ?? apart)?.name;
  if (hash === undefined) throw unsupported('a signature without a digest');
  if (scheme.kind === 'ecdsa') {
    const known = CURVES.get(curve ?? '');
    if (oid !== EC_PUBLIC_KEY || !known) throw unsupported('a key that is on none of P-256, P-384, P-521');
    return {
      importAs: { name: 'ECDSA', namedCurve: known.name },
      verifyAs: { name: 'ECDSA', hash },
      signature: fixedSize(signature, known.sizeBytes),
    };
  }
  if (oid !== RSA_ENCRYPTION) throw unsupported('a key of another kind than its signature');
  requireRsaSize(bits);
  if (scheme.kind === 'rsa') {
    return { importAs: { name: 'RSASSA-PKCS1-v1_5', hash }, verifyAs: 'RSASSA-PKCS1-v1_5', signature };
  }
  const verifyAs = { name: 'RSA-PSS', saltLength: scheme.saltSizeBytes ?? 20 };
  return { importAs: { name: 'RSA-PSS', hash }, verifyAs, signature };
}

function requireRsaSize(bits: Uint8Array): void {
  const modulus = Members.of(parseDer(bits, 4096), 'an RSA key').next(Integer).toBigInt();
  const size = modulus > 0n ? modulus.toString(2).length : 0;
  if (size < RSA_BITS.min || size > RSA_BITS.max) throw unsupported(`an RSA key of ${size} bits`);
}

/** An ECDSA signature of DER (RFC 3279 §2.2.3) as Web Crypto takes it: both numbers, each as long as the curve's. */
function fixedSize(signature: Uint8Array, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const members = Members.of(parseDer(signature, 256), 'an ECDSA signature');
  const fixed = new Uint8Array(2 * sizeBytes);
  for (const end of [sizeBytes, 2 * sizeBytes]) {
    let number = members.next(Integer).toBigInt();
    if (number <= 0n) throw new TimestampError('bad-signature', 'the signature does not hold');
    for (let at = end - 1; number > 0n && at >= end - sizeBytes; at--, number >>= 8n) fixed[at] = Number(number & 255n);
    if (number > 0n) throw new TimestampError('bad-signature', 'the signature does not hold');
  }
  members.end();
  return fixed;
}
