import { ml_dsa44 } from '@noble/post-quantum/ml-dsa.js';

export const SEED_SIZE_BYTES = 32;
export const PUBLIC_KEY_SIZE_BYTES = 1312;
export const SIGNATURE_SIZE_BYTES = 2420;

/**
 * ML-DSA-44 after FIPS 204, pure, with an empty context: what C2SP tlog-cosignature signs with. It withstands quantum
 * computers. To verify one costs what an Ed25519 signature does, to make one ten times that; it has 38 times the bytes. False
 * for anything malformed.
 */
export function verifyMlDsa44(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_SIZE_BYTES || signature.length !== SIGNATURE_SIZE_BYTES) return false;
  return ml_dsa44.verify(signature, message, publicKey);
}

/**
 * The deterministic variant of FIPS 204 §3.4: one message has one signature, and no source of randomness is needed.
 * @param seed ξ, the 32 bytes that a key is generated from
 */
export function mlDsa44SignerOf(seed: Uint8Array): (message: Uint8Array) => Uint8Array {
  const { secretKey } = ml_dsa44.keygen(seed);
  return (message) => ml_dsa44.sign(message, secretKey, { extraEntropy: false });
}

export function mlDsa44PublicKeyOf(seed: Uint8Array): Uint8Array {
  return ml_dsa44.keygen(seed).publicKey;
}
