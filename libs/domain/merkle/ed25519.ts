import { ed25519 } from '@noble/curves/ed25519.js';

export const SEED_SIZE_BYTES = 32;
export const PUBLIC_KEY_SIZE_BYTES = 32;
export const SIGNATURE_SIZE_BYTES = 64;

/**
 * Ed25519 after RFC 8032, strict: canonical encodings only, S below the order of the group, no public key of small
 * order. The laxer rules of ZIP 215 would give one message several signatures. False for anything malformed.
 */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_SIZE_BYTES || signature.length !== SIGNATURE_SIZE_BYTES) return false;
  return ed25519.verify(signature, message, publicKey, { zip215: false });
}

export function signEd25519(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, seed);
}

export function publicKeyOf(seed: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(seed);
}
