import type { SourceFile } from './source-file.js';

/** Hashes over the plaintext that a source file's officer may ask for beside SHA-256, to compare with an acquisition tool's. */
export const FURTHER_HASHES = ['md5', 'sha1', 'sha512'] as const;
export type FurtherHash = (typeof FURTHER_HASHES)[number];

export interface SealingJob {
  readonly source: SourceFile;
  /** 16 random bytes, of this file alone. */
  readonly fileKey: Uint8Array;
  /** 16 random bytes, of this file alone. The same two may seal the same bytes again, never others. */
  readonly payloadNonce: Uint8Array;
  readonly furtherHashes: readonly FurtherHash[];
}

/** A sealed part, 16 MiB but for the last of a file. */
export interface SealedPart {
  /** From 1. */
  readonly number: number;
  /** Good until the promise of who takes it settles. */
  readonly bytes: Uint8Array;
  readonly sha256: Uint8Array;
  readonly leafHashes: readonly Uint8Array[];
}

/** What a file is, once all of it was sealed. */
export interface SealedContent {
  readonly sizeBytes: number;
  readonly sha256: Uint8Array;
  readonly furtherHashes: Readonly<Partial<Record<FurtherHash, Uint8Array>>>;
  readonly sealedSizeBytes: number;
  readonly leafHashes: readonly Uint8Array[];
}

/**
 * Seals files. One is read at a time, in the order asked; several may be asked for at once, and their parts handed on while
 * the next are sealed, within a bounded memory.
 */
export interface SealingEngine {
  /**
   * @param take is called for each part in order, without waiting for the one before; its memory is free when it settles
   * @throws SealError 'source-changed'; what `take` or the source's `read` throws
   */
  seal(job: SealingJob, take: (part: SealedPart) => Promise<void>): Promise<SealedContent>;
}
