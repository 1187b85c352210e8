import {
  formatVerifierKey,
  openNote,
  parseNote,
  parseVerifierKey,
  ProofError,
  signNote,
  type SigningKey,
  type VerifierKey,
} from '#domain/merkle';
import { toBase64 } from './chain.js';
import { COMMITMENT_SIZE_BYTES } from './commitment.js';

/** The platform's word that what it answered to is in the log soon: evidence against it where that does not come true. */
export interface InclusionPromise {
  /** The log that it is about. */
  readonly origin: string;
  /** When the events were durable. */
  readonly at: Date;
  /** Within so many milliseconds from then a published head covers them. */
  readonly mergeDelayMs: number;
  /** Of the events, at least one. */
  readonly commitments: readonly Uint8Array[];
}

export class PromiseError extends Error {
  override readonly name = 'PromiseError';
  /** `malformed`: not a promise. `not-promised`: not signed by a key that the log certified for its promises. */
  readonly code: 'malformed' | 'not-promised';

  constructor(code: PromiseError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Of one answer. More events than this take a second promise. */
export const MAX_PROMISED = 100;

const VERSION = 'amana-promise/v1';
const KEY_VERSION = 'amana-promise-key/v1';

/**
 * The text that is signed, a line each: `amana-promise/v1`, origin, time, merge delay in ms, then every commitment in base64.
 * @throws PromiseError 'malformed' for what `parsePromise` would not read back
 */
export function formatPromise({ origin, at, mergeDelayMs, commitments }: InclusionPromise): string {
  const text = `${[VERSION, origin, at.toISOString(), String(mergeDelayMs), ...commitments.map(toBase64)].join('\n')}\n`;
  parsePromise(text);
  return text;
}

/** Reads the text of a promise, strictly. Nothing in it is verified. @throws PromiseError 'malformed' */
export function parsePromise(text: string): InclusionPromise {
  const [version, origin = '', time = '', delay = '', ...lines] = linesOf(text);
  if (version !== VERSION) throw malformed(`the first line is not ${VERSION}`);
  if (origin === '') throw malformed('no origin');
  const at = new Date(time);
  if (Number.isNaN(at.getTime()) || at.toISOString() !== time) throw malformed('no time');
  if (!/^[1-9]\d{0,8}$/.test(delay)) throw malformed('no merge delay');
  if (lines.length < 1 || lines.length > MAX_PROMISED) throw malformed(`a promise is of 1 to ${MAX_PROMISED} events`);
  return { origin, at, mergeDelayMs: Number(delay), commitments: lines.map(commitmentIn) };
}

/** The signed note of a promise. @throws PromiseError 'malformed' */
export function signPromise(promise: InclusionPromise, key: SigningKey): Uint8Array {
  return signNote(formatPromise(promise), [key]);
}

/**
 * @param keys the keys that the log certified (`verifyPromiseKey`)
 * @throws PromiseError
 */
export function verifyPromise(note: Uint8Array, keys: readonly VerifierKey[]): InclusionPromise {
  return parsePromise(textOf(note, keys));
}

/** What is said in a promise that nobody has verified. @throws PromiseError 'malformed' */
export function peekPromise(note: Uint8Array): InclusionPromise {
  try {
    return parsePromise(parseNote(note).text);
  } catch (error) {
    throw error instanceof ProofError ? malformed(error.message, error) : error;
  }
}

/** The log's own key says which key promises in its name: `amana-promise-key/v1`, origin, verifier key. */
export function certifyPromiseKey(key: VerifierKey, log: SigningKey): Uint8Array {
  return signNote(`${KEY_VERSION}\n${log.verifier.name}\n${formatVerifierKey(key)}\n`, [log]);
}

/** @param logs the reader's own keys of logs @returns the key, and the log it promises for @throws PromiseError */
export function verifyPromiseKey(note: Uint8Array, logs: readonly VerifierKey[]): { origin: string; key: VerifierKey } {
  const [version, origin = '', vkey = '', ...more] = linesOf(textOf(note, logs));
  if (version !== KEY_VERSION || more.length > 0) throw malformed(`not an ${KEY_VERSION}`);
  try {
    openNote(
      note,
      logs.filter(({ name }) => name === origin),
    );
    return { origin, key: parseVerifierKey(vkey) };
  } catch (error) {
    throw error instanceof ProofError ? new PromiseError('not-promised', error.message, error) : error;
  }
}

/** As the header field `Amana-Promise` of an answer carries promises. */
export function formatPromiseHeader(notes: readonly Uint8Array[]): string {
  return notes.map(toBase64).join(', ');
}

/** @throws PromiseError 'malformed' */
export function parsePromiseHeader(value: string): Uint8Array[] {
  return value.split(',').map((part) => fromBase64(part.trim()));
}

function textOf(note: Uint8Array, keys: readonly VerifierKey[]): string {
  try {
    return openNote(note, keys).text;
  } catch (error) {
    throw error instanceof ProofError ? new PromiseError('not-promised', error.message, error) : error;
  }
}

function linesOf(text: string): string[] {
  if (!text.endsWith('\n')) throw malformed('the last line does not end');
  return text.slice(0, -1).split('\n');
}

function commitmentIn(line: string): Uint8Array {
  const bytes = fromBase64(line);
  if (bytes.length !== COMMITMENT_SIZE_BYTES) throw malformed('a commitment is 32 bytes');
  return bytes;
}

/** Standard base64 with padding, its one spelling alone. */
function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw malformed('not base64');
  }
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (text === '' || toBase64(bytes) !== text) throw malformed('not base64');
  return bytes;
}

const malformed = (message: string, cause?: unknown) =>
  new PromiseError('malformed', `the promise is malformed: ${message}`, cause);
