import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from './base64.js';
import { ProofError } from './proof-error.js';
import { SIGNATURE_SCHEMES, type SignatureType } from './signature-scheme.js';

/** What a reader pins to trust a signer. */
export interface VerifierKey {
  readonly name: string;
  /** 8 lower-case hexadecimal digits. Tells keys apart; it is too short to authenticate one. */
  readonly id: string;
  readonly type: SignatureType;
  readonly publicKey: Uint8Array;
}

/** A key that can sign. The seed stays inside, so that printing the object betrays nothing. */
export interface SigningKey {
  readonly verifier: VerifierKey;
  /** The bare signature of the key's algorithm over exactly these bytes: see `signNote` and `cosignNote` for notes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** @throws ProofError 'malformed-key' */
export function verifierKey(name: string, type: SignatureType, publicKey: Uint8Array): VerifierKey {
  if (!isKeyName(name)) throw malformed('a key name is not empty and has neither a space nor a plus');
  const { algorithm, publicKeySizeBytes, maxNameSizeBytes = Infinity } = SIGNATURE_SCHEMES[type];
  if (publicKey.length !== publicKeySizeBytes) {
    throw malformed(`an ${algorithm} public key has ${publicKeySizeBytes} bytes`);
  }
  if (utf8ToBytes(name).length > maxNameSizeBytes) {
    throw malformed(`the name of an ${algorithm} key has ${maxNameSizeBytes} bytes at most`);
  }
  return { name, id: keyId(name, type, publicKey), type, publicKey };
}

/** `name+id+base64(type ‖ public key)`. C2SP signed-note. */
export function formatVerifierKey({ name, id, type, publicKey }: VerifierKey): string {
  return `${name}+${id}+${encodeBase64(typed(type, publicKey))}`;
}

/** Reads only what `formatVerifierKey` writes. @throws ProofError 'malformed-key' | 'unsupported-key-type' */
export function parseVerifierKey(text: string): VerifierKey {
  const { name, id, type, material } = parseKey(text);
  const key = verifierKey(name, type, material);
  if (key.id !== id) throw malformed('the key id is not that of the name and the key');
  return key;
}

/**
 * @param seed 32 bytes: the private key of RFC 8032, or ξ of FIPS 204
 * @throws ProofError 'malformed-key'
 */
export function signingKey(name: string, type: SignatureType, seed: Uint8Array): SigningKey {
  const { algorithm, seedSizeBytes, publicKeyOf, signerOf } = SIGNATURE_SCHEMES[type];
  if (seed.length !== seedSizeBytes) throw malformed(`an ${algorithm} seed has ${seedSizeBytes} bytes`);
  const own = Uint8Array.from(seed);
  return { verifier: verifierKey(name, type, publicKeyOf(own)), sign: signerOf(own) };
}

/**
 * `PRIVATE+KEY+name+id+base64(type ‖ seed)`, as Go's sumdb/note stores it. A secret.
 * @throws ProofError 'malformed-key'
 */
export function formatSigningKey(name: string, type: SignatureType, seed: Uint8Array): string {
  const { verifier } = signingKey(name, type, seed);
  return `${PRIVATE_PREFIX}${name}+${verifier.id}+${encodeBase64(typed(type, seed))}`;
}

/** @throws ProofError 'malformed-key' | 'unsupported-key-type' */
export function parseSigningKey(text: string): SigningKey {
  if (!text.startsWith(PRIVATE_PREFIX)) throw malformed(`a signing key begins with ${PRIVATE_PREFIX}`);
  const { name, id, type, material } = parseKey(text.slice(PRIVATE_PREFIX.length));
  const key = signingKey(name, type, material);
  if (key.verifier.id !== id) throw malformed('the key id is not that of the name and the key');
  return key;
}

/** Not empty, no Unicode space, no plus, well-formed, and no control character, which no note may hold. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\p{White_Space}\p{Surrogate}+\x00-\x1f]/u.test(name);
}

const PRIVATE_PREFIX = 'PRIVATE+KEY+';

function parseKey(text: string): { name: string; id: string; type: SignatureType; material: Uint8Array } {
  // The base64 may hold a plus, the name and the id may not.
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  if (parts === null) throw malformed('a key is name+id+base64');
  const [, name = '', id = '', base64 = ''] = parts;
  const bytes = decodeBase64(base64);
  if (bytes?.[0] === undefined) throw malformed('the key material is not base64');
  const types = Object.keys(SIGNATURE_SCHEMES) as SignatureType[];
  const type = types.find((known) => SIGNATURE_SCHEMES[known].typeByte === bytes[0]);
  if (type === undefined) throw new ProofError('unsupported-key-type', `signature type ${bytes[0]} is not supported`);
  return { name, id, type, material: bytes.slice(1) };
}

/** SHA-256(name ‖ 0x0A ‖ type ‖ public key)[:4]. */
function keyId(name: string, type: SignatureType, publicKey: Uint8Array): string {
  return bytesToHex(sha256(concatBytes(utf8ToBytes(`${name}\n`), typed(type, publicKey))).subarray(0, 4));
}

function typed(type: SignatureType, key: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(SIGNATURE_SCHEMES[type].typeByte), key);
}

const malformed = (message: string) => new ProofError('malformed-key', message);
