import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';

export const SALT_SIZE_BYTES = 32;
export const COMMITMENT_SIZE_BYTES = 32;

/** HMAC-SHA256 (RFC 2104) in one call. Node may pass its native one, which is three times as fast. */
export type HmacSha256 = (key: Uint8Array, message: Uint8Array) => Uint8Array;
const defaultHmac: HmacSha256 = (key, message) => nobleHmac(sha256, key, message);

const COMMIT_LABEL = utf8ToBytes('custody-commit/v1\0');
const LEAF_LABEL = utf8ToBytes('custody-leaf/v1\n');

/**
 * What the public log says of an event: HMAC-SHA256(salt, "custody-commit/v1\0" ‖ body). It says nothing of the body to who
 * has no salt; with both destroyed the log still verifies.
 *
 * @param salt 32 random bytes of this event alone
 * @param body the event's exact canonical bytes
 */
export function commitmentOf(salt: Uint8Array, body: Uint8Array, hmac: HmacSha256 = defaultHmac): Uint8Array {
  if (salt.length !== SALT_SIZE_BYTES) throw new RangeError('a salt is 32 bytes');
  return hmac(salt, concatBytes(COMMIT_LABEL, body));
}

/** The commitment of a log entry. @throws RangeError for what is no entry of ours */
export function commitmentIn(entry: Uint8Array): Uint8Array {
  const isOurs =
    entry.length === LEAF_LABEL.length + COMMITMENT_SIZE_BYTES && LEAF_LABEL.every((byte, at) => entry[at] === byte);
  if (!isOurs) throw new RangeError('not an entry of a custody log');
  return entry.slice(LEAF_LABEL.length);
}

/** The log entry of a commitment: "custody-leaf/v1\n" ‖ commitment, 48 bytes. */
export function entryOf(commitment: Uint8Array): Uint8Array {
  if (commitment.length !== COMMITMENT_SIZE_BYTES) throw new RangeError('a commitment is 32 bytes');
  return concatBytes(LEAF_LABEL, commitment);
}
