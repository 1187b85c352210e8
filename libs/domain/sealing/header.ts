import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Aead } from './aead.js';
import { FILE_KEY_SIZE_BYTES, unwrapFileKey, wrapFileKey } from './file-key.js';
import { encodeMac, encodeUnauthenticated, parseHeader } from './header-format.js';
import { SealingError } from './sealing-error.js';

const HEADER_LABEL = utf8ToBytes('header');
const EPHEMERAL_SIZE_BYTES = 32;

/**
 * An age header that gives a file key to each recipient. Set before a payload sealed with that key it makes a valid age
 * file: sharing evidence is making another header. C2SP age.md, "Header".
 *
 * @param fileKey 16 bytes
 * @param recipients `age1…` (X25519), at least one
 * @param random secure randomness, for the ephemeral secrets
 * @throws SealingError 'bad-file-key', 'bad-recipient'
 */
export function makeHeader(
  fileKey: Uint8Array,
  recipients: readonly string[],
  aead: Aead,
  random: (sizeBytes: number) => Uint8Array = randomBytes,
): Uint8Array {
  checkFileKey(fileKey);
  if (recipients.length === 0) throw new SealingError('bad-recipient', 'a header needs a recipient');
  const stanzas = recipients.map((recipient) => wrapFileKey(fileKey, recipient, random(EPHEMERAL_SIZE_BYTES), aead));
  const authenticated = encodeUnauthenticated(stanzas);
  return concatBytes(authenticated, encodeMac(macOf(fileKey, authenticated)));
}

/**
 * The file key of a header, 16 bytes, its MAC checked.
 *
 * @param header the header and nothing after it (`parseHeader` tells its size where a payload follows)
 * @param identities `AGE-SECRET-KEY-1…` (X25519)
 * @throws SealingError 'bad-header', 'header-truncated', 'trailing-bytes', 'bad-identity', 'no-match', 'bad-header-mac'
 */
export function openHeader(header: Uint8Array, identities: readonly string[], aead: Aead): Uint8Array {
  const { stanzas, mac, authenticated, headerSizeBytes } = parseHeader(header);
  if (headerSizeBytes !== header.length) throw new SealingError('trailing-bytes', 'bytes follow the age header');
  const fileKey = unwrapFileKey(stanzas, identities, aead);
  if (!equalInConstantTime(macOf(fileKey, authenticated), mac)) {
    throw new SealingError('bad-header-mac', 'the age header was altered: its MAC is wrong');
  }
  return fileKey;
}

/** @throws SealingError 'bad-file-key' */
export function checkFileKey(fileKey: Uint8Array): void {
  if (fileKey.length !== FILE_KEY_SIZE_BYTES) throw new SealingError('bad-file-key', 'a file key is 16 bytes');
}

function macOf(fileKey: Uint8Array, authenticated: Uint8Array): Uint8Array {
  return hmac(sha256, hkdf(sha256, fileKey, undefined, HEADER_LABEL, 32), authenticated);
}

function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [at, byte] of a.entries()) difference |= byte ^ (b[at] ?? 0);
  return difference === 0;
}
