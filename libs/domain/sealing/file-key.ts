import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { base64nopad } from '@scure/base';
import type { Aead } from './aead.js';
import { TAG_SIZE_BYTES } from './aead.js';
import type { Stanza } from './header-format.js';
import { decodeBase64 } from './header-format.js';
import { parseIdentity, parseRecipient } from './keys.js';
import { SealingError } from './sealing-error.js';

export const FILE_KEY_SIZE_BYTES = 16;

const WRAP_LABEL = utf8ToBytes('age-encryption.org/v1/X25519');
const ZERO_NONCE = new Uint8Array(12);
const SHARE_SIZE_BYTES = 32;

/**
 * Wraps a file key to one recipient. C2SP age.md, "X25519 recipient stanza".
 *
 * @param ephemeralSecret 32 random bytes, of this stanza alone
 * @throws SealingError 'bad-recipient'
 */
export function wrapFileKey(fileKey: Uint8Array, recipient: string, ephemeralSecret: Uint8Array, aead: Aead): Stanza {
  const publicKey = parseRecipient(recipient);
  const share = x25519.getPublicKey(ephemeralSecret);
  const secret = sharedSecret(ephemeralSecret, publicKey, 'bad-recipient');
  const body = aead.seal(wrapKey(secret, share, publicKey), ZERO_NONCE, fileKey);
  return { args: ['X25519', base64nopad.encode(share)], body };
}

/**
 * The file key out of the first stanza made for one of the identities. Stanzas of other types are passed over; every
 * X25519 stanza must be well formed, whoever it is for.
 *
 * @throws SealingError 'bad-identity', 'bad-header', 'no-match'
 */
export function unwrapFileKey(stanzas: readonly Stanza[], identities: readonly string[], aead: Aead): Uint8Array {
  const wrappings = stanzas.filter(({ args }) => args[0] === 'X25519').map(parseStanza);
  for (const identity of identities) {
    const privateKey = parseIdentity(identity);
    const publicKey = x25519.getPublicKey(privateKey);
    for (const { share, body } of wrappings) {
      const key = wrapKey(sharedSecret(privateKey, share, 'bad-header'), share, publicKey);
      try {
        return aead.open(key, ZERO_NONCE, body);
      } catch {
        continue; // for somebody else
      }
    }
  }
  throw new SealingError('no-match', 'the header is not for any of these identities');
}

function parseStanza({ args, body }: Stanza): { share: Uint8Array; body: Uint8Array } {
  const [, encoded] = args;
  if (args.length !== 2 || encoded === undefined)
    throw new SealingError('bad-header', 'an X25519 stanza has not two arguments');
  const share = decodeBase64(encoded);
  if (share.length !== SHARE_SIZE_BYTES) throw new SealingError('bad-header', 'an X25519 share is not 32 bytes');
  // Before any decryption: a longer body would allow a partitioning oracle.
  if (body.length !== FILE_KEY_SIZE_BYTES + TAG_SIZE_BYTES) {
    throw new SealingError('bad-header', 'a wrapped file key is not 32 bytes');
  }
  return { share, body };
}

function sharedSecret(privateKey: Uint8Array, publicKey: Uint8Array, code: 'bad-header' | 'bad-recipient'): Uint8Array {
  try {
    return x25519.getSharedSecret(privateKey, publicKey);
  } catch {
    throw new SealingError(code, 'an X25519 point is of low order');
  }
}

function wrapKey(secret: Uint8Array, share: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return hkdf(sha256, secret, concatBytes(share, publicKey), WRAP_LABEL, 32);
}
