import { base64 } from '@scure/base';
import { z } from 'zod';
import type { FileSecrets } from '#client/seal';
import { RegisterExhibit, SubmitManifest } from '#domain/contract';
import { FileId, Sha256Hex } from '#domain/evidence';
import { ManifestFile } from '#domain/manifest';
import {
  type Aead,
  FILE_KEY_SIZE_BYTES,
  PAYLOAD_NONCE_SIZE_BYTES,
  SealingError,
  makeHeader,
  openHeader,
  openPayload,
  parseHeader,
  sealPayload,
} from '#domain/sealing';
import { UploadError } from './upload-error.js';

/** The correction that an upload makes, if it makes one. */
const Correction = z.strictObject({ supersedes: Sha256Hex, reason: z.string() });

/** Where each file is read from, in the order of the registration: what an upload is known by when it is asked for again. */
const JournalSource = z.strictObject({ path: z.string(), sizeBytes: z.int().min(0) });

/**
 * What an interrupted upload left, line by line. `part` is written, durably, before a part is sent: from then on nothing else
 * may be sealed with that file's key.
 */
export const JournalEntry = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('begun'),
    schema: z.literal('amana-upload-journal/v1'),
    registration: RegisterExhibit,
    correction: Correction.optional(),
    sources: z.array(JournalSource),
    /** File keys and payload nonces, an age file encrypted to the officer, base64. */
    secrets: z.base64(),
  }),
  z.strictObject({ kind: z.literal('part'), fileId: FileId, number: z.int().min(1), sha256: z.base64() }),
  z.strictObject({ kind: z.literal('sealed'), file: ManifestFile }),
  z.strictObject({ kind: z.literal('signed'), manifest: SubmitManifest }),
]);
export type JournalEntry = z.infer<typeof JournalEntry>;
export type JournalBeginning = Extract<JournalEntry, { kind: 'begun' }>;

/** Where a journal is kept. */
export interface JournalStore {
  /** Durable on return. */
  append(entry: JournalEntry): Promise<void>;
}

/** What is known of an upload from its journal. */
export interface UploadState {
  readonly beginning: JournalBeginning;
  /** By file and part number: SHA-256, base64. */
  readonly parts: ReadonlyMap<string, string>;
  readonly sealed: ReadonlyMap<FileId, ManifestFile>;
  readonly manifest: SignedManifest | null;
}
type SignedManifest = z.infer<typeof SubmitManifest>;

export function partKey(fileId: FileId, number: number): string {
  return `${fileId}/${number}`;
}

/** @throws UploadError 'journal-corrupt' */
export function readJournal(text: string): UploadState {
  const entries = parseLines(text);
  const [beginning] = entries;
  if (beginning?.kind !== 'begun') throw corrupt('it does not begin with what was registered');
  const parts = new Map<string, string>();
  const sealed = new Map<FileId, ManifestFile>();
  let manifest: SignedManifest | null = null;
  for (const entry of entries.slice(1)) {
    if (entry.kind === 'begun') throw corrupt('it begins twice');
    else if (entry.kind === 'part') {
      const key = partKey(entry.fileId, entry.number);
      if ((parts.get(key) ?? entry.sha256) !== entry.sha256) throw corrupt('a part has two digests');
      parts.set(key, entry.sha256);
    } else if (entry.kind === 'sealed') sealed.set(entry.file.id, entry.file);
    else manifest ??= entry.manifest;
  }
  return { beginning, parts, sealed, manifest };
}

export function encodeEntry(entry: JournalEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/** Lines that were written whole. A last one without its end was being written when the process ended, and nothing followed it. */
function parseLines(text: string): JournalEntry[] {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  lines.pop();
  return lines.map((line, at) => {
    const parsed = JournalEntry.safeParse(parseJson(line));
    if (!parsed.success) throw corrupt(`line ${at + 1} is not as written`);
    return parsed.data;
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Encrypts file keys and nonces to the officer. */
export function sealSecrets(secrets: readonly FileSecrets[], recipient: string, aead: Aead): string {
  const [fileKey, nonce] = [random(FILE_KEY_SIZE_BYTES), random(PAYLOAD_NONCE_SIZE_BYTES)];
  const plain = new Uint8Array(secrets.length * SECRETS_SIZE_BYTES);
  for (const [at, file] of secrets.entries()) {
    plain.set(file.fileKey, at * SECRETS_SIZE_BYTES);
    plain.set(file.payloadNonce, at * SECRETS_SIZE_BYTES + FILE_KEY_SIZE_BYTES);
  }
  const sealer = sealPayload(fileKey, nonce, aead);
  return base64.encode(joined([makeHeader(fileKey, [recipient], aead), sealer.update(plain), sealer.finish()]));
}

/** @throws UploadError 'journal-corrupt', also when they are another officer's */
export function openSecrets(sealed: string, identity: string, aead: Aead): FileSecrets[] {
  const file = base64.decode(sealed);
  try {
    const { headerSizeBytes } = parseHeader(file);
    const opener = openPayload(openHeader(file.subarray(0, headerSizeBytes), [identity], aead), aead);
    const plain = joined([opener.update(file.subarray(headerSizeBytes)), opener.finish()]);
    return Array.from({ length: plain.length / SECRETS_SIZE_BYTES }, (_, at) => ({
      fileKey: plain.slice(at * SECRETS_SIZE_BYTES, at * SECRETS_SIZE_BYTES + FILE_KEY_SIZE_BYTES),
      payloadNonce: plain.slice(at * SECRETS_SIZE_BYTES + FILE_KEY_SIZE_BYTES, (at + 1) * SECRETS_SIZE_BYTES),
    }));
  } catch (cause) {
    if (cause instanceof SealingError) throw corrupt(`its keys cannot be opened: ${cause.message}`);
    throw cause;
  }
}

const SECRETS_SIZE_BYTES = FILE_KEY_SIZE_BYTES + PAYLOAD_NONCE_SIZE_BYTES;

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function random(sizeBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(sizeBytes));
}

function corrupt(why: string): UploadError {
  return new UploadError('journal-corrupt', `the journal of the interrupted upload cannot be used: ${why}`);
}
