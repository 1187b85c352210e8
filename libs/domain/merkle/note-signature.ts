import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { SIGNATURE_SIZE_BYTES, verifyEd25519 } from './ed25519.js';
import type { SigningKey, VerifierKey } from './note-key.js';
import { formatNote, parseNote, type NoteSignature } from './note.js';
import { ProofError } from './proof-error.js';

export type VerifiedSignature =
  | { readonly kind: 'signature'; readonly key: VerifierKey }
  /** `timestampSeconds`: POSIX seconds at which the cosigner says it signed. */
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
 * Signs a text that ends with a newline as one or more logs.
 * @throws ProofError 'malformed-note' | 'unsupported-key-type'
 */
export function signNote(text: string, keys: readonly SigningKey[]): Uint8Array {
  const signatures = keys.map(({ verifier, sign }) => {
    if (verifier.type !== 'ed25519') throw new ProofError('unsupported-key-type', 'a cosigner cosigns: see cosignNote');
    return { name: verifier.name, keyId: verifier.id, bytes: sign(utf8ToBytes(text)) };
  });
  return formatNote({ text, signatures });
}

/**
 * A witness's signature over the text of a checkpoint, bound to a time. C2SP tlog-cosignature v1.0.1 (Ed25519).
 * @throws ProofError 'unsupported-key-type' @throws RangeError for a time that is no safe count of seconds
 */
export function cosignNote(text: string, { verifier, sign }: SigningKey, timestampSeconds: number): NoteSignature {
  if (verifier.type !== 'cosignature-v1') throw new ProofError('unsupported-key-type', 'no cosigner key');
  if (!Number.isSafeInteger(timestampSeconds) || timestampSeconds < 0) throw new RangeError('no count of seconds');
  const timestamp = new Uint8Array(TIMESTAMP_SIZE_BYTES);
  new DataView(timestamp.buffer).setBigUint64(0, BigInt(timestampSeconds));
  const signature = sign(cosignedMessage(text, BigInt(timestampSeconds)));
  return { name: verifier.name, keyId: verifier.id, bytes: concatBytes(timestamp, signature) };
}

const TIMESTAMP_SIZE_BYTES = 8;

function verifySignature(text: string, { bytes }: NoteSignature, key: VerifierKey): VerifiedSignature {
  if (key.type === 'ed25519') {
    if (!verifyEd25519(key.publicKey, utf8ToBytes(text), bytes)) throw badSignature(key);
    return { kind: 'signature', key };
  }
  if (bytes.length !== TIMESTAMP_SIZE_BYTES + SIGNATURE_SIZE_BYTES) throw badSignature(key);
  const timestamp = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  const signature = bytes.subarray(TIMESTAMP_SIZE_BYTES);
  // 2^53 seconds are 285 million years: a later time is no time.
  if (timestamp > BigInt(Number.MAX_SAFE_INTEGER)) throw badSignature(key);
  if (!verifyEd25519(key.publicKey, cosignedMessage(text, timestamp), signature)) throw badSignature(key);
  return { kind: 'cosignature', key, timestampSeconds: Number(timestamp) };
}

function cosignedMessage(text: string, timestamp: bigint): Uint8Array {
  return utf8ToBytes(`cosignature/v1\ntime ${timestamp.toString()}\n${text}`);
}

function byNameAndId(known: readonly VerifierKey[]): Map<string, VerifierKey> {
  const keys = new Map(known.map((key) => [`${key.name}+${key.id}`, key]));
  if (keys.size !== known.length) throw new ProofError('ambiguous-key', 'two known keys have one name and one id');
  return keys;
}

const badSignature = ({ name, id }: VerifierKey) =>
  new ProofError('bad-signature', `the signature of ${name} (${id}) does not verify`);
