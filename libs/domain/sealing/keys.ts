import { x25519 } from '@noble/curves/ed25519.js';
import { bech32 } from '@scure/base';
import { SealingError } from './sealing-error.js';

const RECIPIENT_PREFIX = 'age';
const IDENTITY_PREFIX = 'AGE-SECRET-KEY-';
const KEY_SIZE_BYTES = 32;

/** The X25519 public key of an `age1…` recipient, 32 bytes. @throws SealingError 'bad-recipient' */
export function parseRecipient(recipient: string): Uint8Array {
  const key = decode(recipient, RECIPIENT_PREFIX);
  if (key === null || recipient !== recipient.toLowerCase()) {
    throw new SealingError('bad-recipient', 'not an X25519 age recipient (age1…)');
  }
  return key;
}

/** The X25519 private key of an `AGE-SECRET-KEY-1…` identity, 32 bytes. @throws SealingError 'bad-identity' */
export function parseIdentity(identity: string): Uint8Array {
  const key = decode(identity, IDENTITY_PREFIX);
  if (key === null || identity !== identity.toUpperCase()) {
    throw new SealingError('bad-identity', 'not an X25519 age identity (AGE-SECRET-KEY-1…)');
  }
  return key;
}

/** The recipient that seals to an identity. @throws SealingError 'bad-identity' */
export function recipientOf(identity: string): string {
  return bech32.encodeFromBytes(RECIPIENT_PREFIX, x25519.getPublicKey(parseIdentity(identity)));
}

/** A new X25519 identity, out of the platform's secure randomness. */
export function newIdentity(): string {
  return bech32.encodeFromBytes(IDENTITY_PREFIX, x25519.utils.randomSecretKey()).toUpperCase();
}

function decode(text: string, prefix: string): Uint8Array | null {
  try {
    const decoded = bech32.decodeToBytes(text);
    if (decoded.prefix.toLowerCase() !== prefix.toLowerCase()) return null;
    return decoded.bytes.length === KEY_SIZE_BYTES ? decoded.bytes : null;
  } catch {
    return null;
  }
}
