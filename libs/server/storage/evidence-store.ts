import type { Readable } from 'node:stream';

/** An upload under way, as the caller keeps it in its own row: no adapter remembers more than this. */
export interface Upload extends UploadHandle {
  readonly sealedSizeBytes: number;
  /** Every part but the last has exactly this size. S3 refuses to complete with less than 5 MiB. */
  readonly partSizeBytes: number;
}

export interface UploadHandle {
  readonly key: string;
  readonly uploadId: string;
}

/** A part that the store holds. `tag` is the store's own name for its content: opaque, needed to complete. */
export interface StoredPart {
  /** From 1. */
  readonly number: number;
  readonly sizeBytes: number;
  readonly tag: string;
}

/** One immutable version of an object. Its id never names other bytes. */
export interface StoredVersion {
  readonly versionId: string;
  readonly sizeBytes: number;
}

/**
 * A part's bytes. The store reads it to its end or stops reading, and never destroys a `Readable`: a request whose part
 * was refused must still be answerable. Chunks belong to the store once handed over: do not write to them again.
 */
export type PartBody = Readable | AsyncIterable<Uint8Array>;

/** Bytes `start` up to but not including `end`, counted from 0. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * `enforced`: the store itself refuses, whoever asks. `emulated`: only this code does; who owns the disk can undo it.
 */
export type Worm = 'enforced' | 'emulated';

/**
 * Where evidence, its chunk hashes and the log's tiles lie: versioned, write-once, under retention. An abstract class
 * so that it names itself to dependency injection.
 *
 * Keys are lower-case ids joined by `/` (`store-key.ts`). Every method rejects with `StoreError` and nothing else. A
 * rejection `unreachable` tells nothing of the outcome: every method may simply be repeated. Methods may run at once on
 * any keys. The file adapter takes parts of one upload from one process only; the S3 adapter from any number.
 *
 * Consistency: what a method returned is seen by every later call, from every process.
 */
export abstract class EvidenceStore {
  abstract readonly worm: Worm;

  /**
   * Durable on return. A crash, or an `unreachable`, may leave an upload that nobody knows: `listUploads` finds it.
   * A key that has versions already gets one more when completed. @throws 'bad-argument' over 10 000 parts.
   */
  abstract beginUpload(key: string, size: { sealedSizeBytes: number; partSizeBytes: number }): Promise<Upload>;

  /**
   * Streams one part into the store; holds at most two megabytes of it. Durable on return, and only then counted: if
   * the body ends early, runs over, fails, or its SHA-256 is not `sha256`, the part is not there. The same number again
   * replaces the part; from the start of that attempt until its end the part may be absent. Two attempts at one number
   * at once: one counts, whole. Parts may arrive in any order. Waits for its source without limit: the caller cuts a
   * stalled one.
   * @throws 'not-found' no such upload · 'source-failed' · 'short-body' · 'long-body' · 'digest-mismatch' ·
   * 'superseded' · 'full'
   */
  abstract putPart(
    upload: Upload,
    number: number,
    sizeBytes: number,
    body: PartBody,
    expected?: { sha256?: Uint8Array },
  ): Promise<StoredPart>;

  /** The parts that the store durably holds, by number: what a resumed upload need not send. @throws 'not-found' */
  abstract listParts(upload: UploadHandle): Promise<StoredPart[]>;

  /**
   * Joins the parts, which must be all of them, into one version. Durable on return, and never there in part. May be
   * repeated with the same parts after a crash: gives the same version. No `putPart` of this upload may be under way.
   * @throws 'invalid-part' a part is missing or is another · 'size-mismatch' · 'not-found' neither upload nor its
   * version
   */
  abstract completeUpload(upload: Upload, parts: readonly StoredPart[]): Promise<StoredVersion>;

  /**
   * Gives back what the parts took. Aborting what is completed, aborted or unknown is no error and touches no version.
   */
  abstract abortUpload(upload: UploadHandle): Promise<void>;

  /** Uploads neither completed nor aborted that began before then: food for the sweep. */
  abstract listUploads(olderThan: Date): Promise<(UploadHandle & { readonly startedAt: Date })[]>;

  /**
   * Writes an object of 1 byte to 64 MiB once. Durable on return. The same bytes again: the version that is there. Two
   * writers at once may both succeed on S3, with a version each. @throws 'exists-with-other-bytes' · 'bad-argument' by
   * its size
   */
  abstract putObject(key: string, bytes: Uint8Array): Promise<StoredVersion>;

  /** A small object, whole. @throws 'not-found' · 'bad-argument' if it is larger than 64 MiB */
  abstract getObject(key: string, versionId: string): Promise<Uint8Array>;

  /**
   * The newest version under a key, or null if there is none or somebody hid it behind a delete marker. Somebody with
   * the store's keys may have added it: only for what carries its own proof, such as log tiles. Evidence is read by its
   * pinned version.
   */
  abstract latest(key: string): Promise<StoredVersion | null>;

  /**
   * Opens a version for reading, whatever was done to its key since. The stream fails with StoreError 'unreachable'
   * rather than end early. Whoever opened it reads it to the end or destroys it. @throws 'not-found' · 'bad-range'
   */
  abstract read(key: string, versionId: string, range?: ByteRange): Promise<Readable>;

  /** @throws 'not-found' */
  abstract stat(key: string, versionId: string): Promise<StoredVersion>;

  /**
   * Locks a version until then (rounded up to a whole second) so that nobody can remove it, and reads back what the
   * store made of it. Returns the time read back, which is not earlier. Durable on return.
   * @throws 'locked' if it is locked for longer already · 'not-worm' if the store did not take the lock · 'not-found'
   */
  abstract retain(key: string, versionId: string, until: Date): Promise<Date>;

  /** Until when the store itself says that it locks the version; null: not at all. @throws 'not-found' */
  abstract retention(key: string, versionId: string): Promise<Date | null>;

  /**
   * Removes one version for good. Gone on return; removing what is not there is no error. @throws 'locked' · 'denied'
   */
  abstract remove(key: string, versionId: string): Promise<void>;

  /**
   * Writes an object, locks it for a minute, then tries to remove it and to shorten its lock. To be called before the
   * store is trusted with anything. @throws 'not-worm' if one of them works, or if the store has no lock at all.
   */
  abstract selfTest(): Promise<{ worm: Worm }>;

  /** Resolves when the store answers and can be written to now. Tried once, so that a hindrance is told and not waited out. */
  abstract ping(): Promise<void>;

  /** Lets go of connections and open files. */
  abstract close(): Promise<void>;
}
