import type { FileHandle } from 'node:fs/promises';
import type { PartBody } from '../evidence-store.js';
import { PartFeed } from '../part-feed.js';
import type { StoreError } from '../store-error.js';
import { asStoreError, writeAt } from './durable-files.js';

/** Large enough that the kernel's work, not the calls, is what a write costs. */
const WRITE_SIZE_BYTES = 1024 * 1024;

/**
 * Writes one part into its place in a file, gathering chunks into large writes: one is under way while the next fills.
 * Nothing is durable yet on return.
 */
export class PartWriter {
  /** The part's SHA-256, once all of it is written. */
  readonly done: Promise<Buffer>;
  private readonly feed: PartFeed;
  private gathered: Uint8Array[] = [];
  private gatheredBytes = 0;
  private writing: Promise<void> | null = null;
  private failure: StoreError | null = null;
  private position: number;

  constructor(
    private readonly file: FileHandle,
    offset: number,
    body: PartBody,
    expected: { sizeBytes: number; sha256: Uint8Array | null },
  ) {
    this.position = offset;
    this.feed = new PartFeed(body, { ...expected, hash: true }, (chunk) => this.take(chunk));
    this.done = this.finish();
  }

  /** Writes no more. `done` then rejects with this, after the write under way. */
  stop(error: StoreError): void {
    this.feed.stop(error);
  }

  private take(chunk: Uint8Array): boolean {
    this.gathered.push(chunk);
    this.gatheredBytes += chunk.byteLength;
    if (this.gatheredBytes < WRITE_SIZE_BYTES) return true;
    if (this.writing !== null) return false;
    this.writeGathered();
    return true;
  }

  private writeGathered(): void {
    const chunks = this.gathered;
    const position = this.position;
    this.position += this.gatheredBytes;
    this.gathered = [];
    this.gatheredBytes = 0;
    this.writing = writeAt(this.file, chunks, position).then(
      () => {
        this.writing = null;
        if (this.gatheredBytes >= WRITE_SIZE_BYTES) this.writeGathered();
        this.feed.ready();
      },
      (error: unknown) => {
        this.writing = null;
        this.failure = asStoreError(error, 'the part');
        this.feed.stop(this.failure);
      },
    );
  }

  private async finish(): Promise<Buffer> {
    const end = await this.feed.done.finally(() => this.writesOver());
    if (this.failure !== null) throw this.failure;
    if (end.sha256 === null) throw new Error('a part is always hashed on its way to a file');
    this.gathered.push(end.last);
    await writeAt(this.file, this.gathered, this.position);
    return end.sha256;
  }

  private async writesOver(): Promise<void> {
    while (this.writing !== null) await this.writing;
  }
}
