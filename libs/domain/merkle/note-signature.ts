import { concatBytes } from '@noble/hashes/utils.js';
import type { SigningKey, VerifierKey } from './note-key.js';
import { formatNote, parseNote, type NoteSignature } from './note.js';
import { ProofError } from './proof-error.js';
import { SIGNATURE_SCHEMES, uint64 } from './signature-scheme.js';

export type VerifiedSignature =
  | { readonly kind: 'signature'; readonly key: VerifierKey }
  /**
   * Of a witness or, with ML-DSA-44, of a log. `timestampSeconds`: POSIX seconds at which the signer says that this was
   * the largest tree it knew; 0 where it says nothing of the time.
   */
  | { readonly kind: 'cosignature'; readonly key: VerifierKey; readonly timestampSeconds: number };

export interface OpenedNote {
  readonly text: string;
  /** At least one; one for each known key that signed, in the order of the note. */
  readonly signatures: readonly VerifiedSignature[];
}

/**
 * Reads a note and verifies the signatures of the known keys, all of them. Signatures of other keys are ignored, even
 * when they share a name or an id with a known one. A key that signed twice is reported once, with its first signature.
 * C2SP signed-note v1.0.0.
 * @throws ProofError 'note-too-large' | 'malformed-note' | 'ambiguous-key' | 'bad-signature' | 'no-known-signature'
 * @throws ProofError 'extension-lines' where a known key of ML-DSA-44, whose signatures do not cover them, signed
 */
export function openNote(note: Uint8Array, known: readonly VerifierKey[]): OpenedNote {
  const { text, signatures } = parseNote(note);
  const keys = byNameAndId(known);
  const verified = new Map<VerifierKey, VerifiedSignature>();
  for (const signature of signatures) {
    const key = keys.get(`${signature.name}+${signature.keyId}`);
    if (key === undefined) continue;
    const result = verifySignature(text, signature, key);
    if (!verified.has(key)) verified.set(key, result);
  }
  if (verified.size === 0) throw new ProofError('no-known-signature', 'no known key signed the note');
  return { text, signatures: [...verified.values()] };
}

/**
 * Signs a text that ends with a newline as one or more logs: with Ed25519 any text, with ML-DSA-44 a checkpoint without
 * extension lines.
 * @param timestampSeconds what a key whose signatures carry a time states; 0 is no statement
 * @throws ProofError 'malformed-note' | 'unsupported-key-type' | 'malformed-checkpoint' | 'extension-lines'
 * @throws RangeError for a time that is no safe count of seconds
 */
export function signNote(text: string, keys: readonly SigningKey[], timestampSeconds = 0): Uint8Array {
  const signatures = keys.map((key) => {
    if (key.verifier.type === 'cosignature-v1') {
      throw new ProofError('unsupported-key-type', 'a cosigner cosigns: see cosignNote');
    }
    return signatureOf(text, key, timestampSeconds);
  });
  return formatNote({ text, signatures });
}

/**
 * A witness's signature over the text of a checkpoint, bound to a time, which for ML-DSA-44 must not be 0. C2SP
 * tlog-cosignature v1.1, tlog-witness.
 * @throws ProofError 'unsupported-key-type'; with ML-DSA-44 'malformed-checkpoint' | 'extension-lines'
 * @throws RangeError for a time that is no safe count of seconds
 */
export function cosignNote(text: string, key: SigningKey, timestampSeconds: number): NoteSignature {
  const { type } = key.verifier;
  if (!SIGNATURE_SCHEMES[type].isTimed) throw new ProofError('unsupported-key-type', 'no cosigner key');
  if (type === 'ml-dsa-44' && timestampSeconds === 0) throw new RangeError('a witness says when it cosigned');
  return signatureOf(text, key, timestampSeconds);
}

const TIMESTAMP_SIZE_BYTES = 8;
/** 2^53 seconds are 285 million years: a later time is no time. The specification ends at 2^63. */
const MAX_TIMESTAMP = BigInt(Number.MAX_SAFE_INTEGER);

function signatureOf(text: string, { verifier, sign }: SigningKey, timestampSeconds: number): NoteSignature {
  if (!Number.isSafeInteger(timestampSeconds) || timestampSeconds < 0) throw new RangeError('no count of seconds');
  const { name, id: keyId, type } = verifier;
  const { isTimed, messageOf } = SIGNATURE_SCHEMES[type];
  const timestamp = BigInt(timestampSeconds);
  const signature = sign(messageOf(text, name, timestamp));
  return { name, keyId, bytes: isTimed ? concatBytes(uint64(timestamp), signature) : signature };
}

function verifySignature(text: string, { bytes }: NoteSignature, key: VerifierKey): VerifiedSignature {
  const { isTimed, signatureSizeBytes } = SIGNATURE_SCHEMES[key.type];
  const signatureAt = isTimed ? TIMESTAMP_SIZE_BYTES : 0;
  if (bytes.length !== signatureAt + signatureSizeBytes) throw badSignature(key);
  const timestamp = isTimed ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) : 0n;
  if (timestamp > MAX_TIMESTAMP || !isSigned(text, bytes.subarray(signatureAt), key, timestamp))
    throw badSignature(key);
  return isTimed ? { kind: 'cosignature', key, timestampSeconds: Number(timestamp) } : { kind: 'signature', key };
}

/** @throws ProofError 'extension-lines' where the type of the key does not sign them */
function isSigned(text: string, signature: Uint8Array, key: VerifierKey, timestamp: bigint): boolean {
  const { messageOf, verify } = SIGNATURE_SCHEMES[key.type];
  try {
    return verify(key.publicKey, messageOf(text, key.name, timestamp), signature);
  } catch (error) {
    if (error instanceof ProofError && error.code === 'malformed-checkpoint') return false;
    throw error;
  }
}

function byNameAndId(known: readonly VerifierKey[]): Map<string, VerifierKey> {
  const keys = new Map(known.map((key) => [`${key.name}+${key.id}`, key]));
  if (keys.size !== known.length) throw new ProofError('ambiguous-key', 'two known keys have one name and one id');
  return keys;
}

const badSignature = ({ name, id }: VerifierKey) =>
  new ProofError('bad-signature', `the signature of ${name} (${id}) does not verify`);
