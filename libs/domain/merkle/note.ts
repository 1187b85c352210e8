import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBase64, encodeBase64 } from './base64.js';
import { isKeyName } from './note-key.js';
import { ProofError } from './proof-error.js';

/** The specification asks for 16 at least; each may cost a verification. */
export const MAX_NOTE_SIGNATURES = 64;
/** Room for 64 post-quantum signatures of 5 kB. */
export const MAX_NOTE_SIZE_BYTES = 512 * 1024;

/** A note as it is written. Nothing in it is verified: see `openNote`. */
export interface SignedNote {
  /** Ends with a newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

export interface NoteSignature {
  readonly name: string;
  /** 8 lower-case hexadecimal digits. */
  readonly keyId: string;
  /** What follows the key id; its form is that of the key's type. */
  readonly bytes: Uint8Array;
}

/** Reads a signed note, strictly. C2SP signed-note v1.0.0. @throws ProofError 'note-too-large' | 'malformed-note' */
export function parseNote(note: Uint8Array): SignedNote {
  if (note.length > MAX_NOTE_SIZE_BYTES) throw tooLarge(`more than ${MAX_NOTE_SIZE_BYTES} bytes`);
  const whole = decodeText(note);
  const split = whole.lastIndexOf('\n\n');
  if (split < 0) throw malformed('no blank line before the signatures');
  return { text: whole.slice(0, split + 1), signatures: parseSignatureLines(whole.slice(split + 2)) };
}

/**
 * One or more signature lines, as a note ends with and as a witness answers.
 * @throws ProofError 'note-too-large' | 'malformed-note'
 */
export function parseSignatureLines(block: string): NoteSignature[] {
  if (block.length > MAX_NOTE_SIZE_BYTES) throw tooLarge(`more than ${MAX_NOTE_SIZE_BYTES} bytes`);
  if (!block.endsWith('\n')) throw malformed('the last line does not end');
  const lines = block.slice(0, -1).split('\n', MAX_NOTE_SIGNATURES + 1);
  if (lines.length > MAX_NOTE_SIGNATURES) throw tooLarge(`more than ${MAX_NOTE_SIGNATURES} signatures`);
  return lines.map(parseSignatureLine);
}

/**
 * The bytes of a note.
 * @throws ProofError 'note-too-large' | 'malformed-note' for what `parseNote` would not read back
 */
export function formatNote({ text, signatures }: SignedNote): Uint8Array {
  const lines = signatures.map(
    ({ name, keyId, bytes }) => `— ${name} ${encodeBase64(concatBytes(hexToBytes(keyId), bytes))}\n`,
  );
  const note = utf8ToBytes(`${text}\n${lines.join('')}`);
  if (parseNote(note).text !== text) throw malformed('this text cannot be signed');
  return note;
}

function parseSignatureLine(line: string): NoteSignature {
  const parts = /^— ([^ ]+) ([A-Za-z0-9+/=]+)$/.exec(line);
  if (parts === null) throw malformed('a signature line is: em dash, name, base64');
  const [, name = '', base64 = ''] = parts;
  const bytes = decodeBase64(base64);
  if (!isKeyName(name)) throw malformed('no key name');
  if (bytes === undefined || bytes.length < 5) throw malformed('a signature is base64 of a key id and more');
  return { name, keyId: bytesToHex(bytes.subarray(0, 4)), bytes: bytes.slice(4) };
}

/** UTF-8 with no control character but the newline. */
function decodeText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('not UTF-8');
  }
  if (/[\x00-\x09\x0b-\x1f]/.test(text)) throw malformed('a control character');
  return text;
}

const malformed = (message: string) => new ProofError('malformed-note', `the note is malformed: ${message}`);
const tooLarge = (message: string) => new ProofError('note-too-large', `the note has ${message}`);
