import type { ManifestFile } from '#domain/manifest';
import type { FetchStart, OpenerKeys } from './window-opener.js';

/** A file's plaintext while it arrives. */
export interface PartialFile {
  /** How much an earlier attempt left, from the start. */
  sizeBytes(): Promise<number>;
  /** The first bytes of what is there, in pieces. */
  read(sizeBytes: number): AsyncIterable<Uint8Array>;
  /** Cuts it to this size and gives what appends to it. */
  continueAt(sizeBytes: number): Promise<Appender>;
  /** Durable on return, and under its own name. */
  finish(): Promise<void>;
}

export interface Appender {
  append(plaintext: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface OpeningJob {
  readonly file: ManifestFile;
  readonly keys: OpenerKeys;
  readonly start: FetchStart;
  readonly target: PartialFile;
}

/** Checks, deciphers, hashes and writes one file. */
export interface OpeningEngine {
  begin(job: OpeningJob): Promise<Opening>;
}

export interface Opening {
  /** Memory for a window of this size; as many at a time as there are downloads, and one more. */
  room(sizeBytes: number): Uint8Array<ArrayBuffer>;
  /**
   * Takes the next window of the stored object, and its memory with it. On return its plaintext is written.
   * @throws FetchError 'chunk-mismatch', 'cannot-open'
   */
  open(window: Uint8Array<ArrayBuffer>): Promise<void>;
  /** @returns SHA-256 of the whole plaintext, what was there before included */
  finish(): Promise<Uint8Array>;
  /** Gives up; what was written stays. */
  abandon(): Promise<void>;
}
