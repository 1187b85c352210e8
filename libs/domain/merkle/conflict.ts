import { utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from './base64.js';
import { MAX_NOTE_SIZE_BYTES } from './note.js';
import { ProofError } from './proof-error.js';
import { HASH_SIZE_BYTES, requireHash } from './tree-hash.js';

/**
 * Two signed heads of one log that cannot both be honest, as evidence to hand to anyone. Nothing in it is verified: see
 * `verifyConflict`.
 */
export interface Conflict {
  /** The bytes of the signed note of the smaller tree, or of either when the sizes are equal. */
  readonly older: Uint8Array;
  readonly newer: Uint8Array;
  /** When the sizes differ: what the newer tree really begins with. */
  readonly prefix?: ConflictingPrefix;
}

export interface ConflictingPrefix {
  /** The root that the newer tree has at the older size. */
  readonly root: Uint8Array;
  /** The consistency proof from that root to the newer one. RFC 9162 §2.1.4.1. */
  readonly hashes: readonly Uint8Array[];
}

/**
 * A line each, in base64 but for the first, with a newline after the last:
 *
 *     amana-log-conflict/v1
 *     <older note>
 *     <newer note>
 *     <root of the prefix>     these only when the sizes differ
 *     <hash of the proof>…
 *
 * @throws ProofError 'bad-hash' | 'malformed-conflict' for what `parseConflict` would not read back
 */
export function formatConflict({ older, newer, prefix }: Conflict): Uint8Array {
  const hashes = prefix === undefined ? [] : [prefix.root, ...prefix.hashes];
  hashes.forEach(requireHash);
  const lines = [VERSION, ...[older, newer, ...hashes].map(encodeBase64)];
  const bytes = utf8ToBytes(`${lines.join('\n')}\n`);
  parseConflict(bytes);
  return bytes;
}

/** Reads evidence, strictly; its size is bounded before anything else. @throws ProofError 'malformed-conflict' */
export function parseConflict(bytes: Uint8Array): Conflict {
  if (bytes.length > MAX_SIZE_BYTES) throw malformed('too large');
  if (bytes.some((byte) => byte > 0x7e)) throw malformed('not ASCII');
  const [version, older, newer, ...rest] = new TextDecoder().decode(bytes).split('\n');
  if (version !== VERSION) throw malformed(`the first line is not ${VERSION}`);
  if (rest.pop() !== '') throw malformed('the last line does not end');
  if (rest.length > 1 + MAX_HASHES) throw malformed(`more than ${MAX_HASHES} hashes`);
  const [root, ...hashes] = rest.map(parseHash);
  const notes = { older: parseNoteLine(older), newer: parseNoteLine(newer) };
  return root === undefined ? notes : { ...notes, prefix: { root, hashes } };
}

const VERSION = 'amana-log-conflict/v1';
const MAX_HASHES = 63;
/** Two notes in base64, and room for the hashes. */
const MAX_SIZE_BYTES = 2 * Math.ceil((MAX_NOTE_SIZE_BYTES * 4) / 3) + 8 * 1024;

function parseNoteLine(line = ''): Uint8Array {
  const note = decodeBase64(line);
  if (note === undefined || note.length === 0) throw malformed('a note is not base64');
  return note;
}

function parseHash(line: string): Uint8Array {
  const hash = decodeBase64(line);
  if (hash?.length !== HASH_SIZE_BYTES) throw malformed('a line of the proof is not base64 of 32 bytes');
  return hash;
}

const malformed = (message: string) => new ProofError('malformed-conflict', `the evidence is malformed: ${message}`);
