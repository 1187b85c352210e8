import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { PartBody } from './evidence-store.js';
import { countPassing } from './passing-bytes.js';
import { StoreError } from './store-error.js';

export interface PartExpectation {
  readonly sizeBytes: number;
  /** Refuse the part here unless its bytes hash to this. */
  readonly sha256: Uint8Array | null;
  /** Hash even without an expected digest. */
  readonly hash: boolean;
}

/** The end of a part whose body was all that was expected. */
export interface PartEnd {
  /** The bytes not yet written: with them the part is whole. */
  readonly last: Uint8Array;
  /** SHA-256 of the part, if it was hashed here. */
  readonly sha256: Buffer | null;
}

/**
 * Moves a part's bytes from its source to whatever stores it, at the pace of the slower. The newest chunk is always
 * held back, and given out only when the body turned out to be whole and right: so a store that counts a part by its
 * bytes cannot count a bad one. Works on events rather than on an iterator, so that it can stop at once while its
 * source is silent.
 */
export class PartFeed {
  /**
   * Rejects with StoreError 'source-failed' | 'short-body' | 'long-body' | 'digest-mismatch' or what `stop` was given.
   */
  readonly done: Promise<PartEnd>;
  private readonly source: Readable;
  private readonly hasher: Hash | null;
  private held: Uint8Array | null = null;
  private receivedBytes = 0;
  private blocked = false;
  private settled = false;
  private resolve!: (end: PartEnd) => void;
  private reject!: (error: StoreError) => void;

  /** @param write takes a chunk, and returns false to be left alone until it calls `ready`. */
  constructor(
    private readonly body: PartBody,
    private readonly expected: PartExpectation,
    private readonly write: (chunk: Uint8Array) => boolean,
  ) {
    this.hasher = expected.hash || expected.sha256 ? createHash('sha256') : null;
    this.source = body instanceof Readable ? body : Readable.from(body, { objectMode: false });
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Stays for good: a source may fail after we let go of it, and an error nobody listens to would end the process.
    this.source.on('error', this.onError);
    if (this.source.destroyed || this.source.readableEnded) {
      this.stop(new StoreError('source-failed', 'the body was over before it was read'));
      return;
    }
    this.source.on('data', this.onData).on('end', this.onEnd).on('close', this.onClose);
    this.source.resume();
  }

  /** Whether the next move is the source's and not the store's. */
  get awaitsSource(): boolean {
    return !this.settled && !this.blocked;
  }

  /** The store can take more. */
  ready(): void {
    if (this.settled || !this.blocked) return;
    this.blocked = false;
    this.source.resume();
  }

  /** Reads no further. The first reason stands. */
  stop(error: StoreError): void {
    if (this.settled) return;
    this.letGo();
    if (this.source !== this.body) this.source.destroy();
    else this.source.pause();
    this.reject(error);
  }

  private readonly onData = (chunk: Uint8Array): void => {
    this.receivedBytes += chunk.byteLength;
    countPassing(chunk.byteLength);
    if (this.receivedBytes > this.expected.sizeBytes) {
      this.stop(new StoreError('long-body', `the body is longer than ${this.expected.sizeBytes} bytes`));
      return;
    }
    this.hasher?.update(chunk);
    const before = this.held;
    this.held = chunk;
    if (before !== null && !this.write(before)) {
      this.blocked = true;
      this.source.pause();
    }
  };

  private readonly onEnd = (): void => {
    if (this.receivedBytes < this.expected.sizeBytes) {
      const detail = `the body ended after ${this.receivedBytes} of ${this.expected.sizeBytes} bytes`;
      this.stop(new StoreError('short-body', detail));
      return;
    }
    const sha256 = this.hasher?.digest() ?? null;
    if (this.expected.sha256 && !sha256?.equals(this.expected.sha256)) {
      this.stop(new StoreError('digest-mismatch', 'the body does not have the SHA-256 it was said to have'));
      return;
    }
    this.letGo();
    this.resolve({ last: this.held ?? new Uint8Array(), sha256 });
  };

  private readonly onError = (error: Error): void => {
    this.stop(new StoreError('source-failed', 'the body failed before its end', error));
  };

  private readonly onClose = (): void => {
    this.stop(new StoreError('source-failed', 'the body was cut off before its end'));
  };

  private letGo(): void {
    this.settled = true;
    this.source.off('data', this.onData).off('end', this.onEnd).off('close', this.onClose);
  }
}
