import { Readable } from 'node:stream';
import { countPassing } from './passing-bytes.js';
import { StoreError } from './store-error.js';

const BUFFER_SIZE_BYTES = 512 * 1024;

/**
 * A version's bytes on their way out. Hands chunks on without copying them; ends only after exactly as many bytes as it
 * should have, and fails with StoreError 'unreachable' when the source breaks, stops short, or is silent for too long
 * while it is waited for. A reader that takes its time is not cut off.
 */
export class VersionReader extends Readable {
  private receivedBytes = 0;
  private waiting = false;
  private readonly stall: NodeJS.Timeout;

  constructor(
    private readonly source: Readable,
    private readonly sizeBytes: number,
    stallMs: number,
  ) {
    super({ highWaterMark: BUFFER_SIZE_BYTES });
    this.stall = setTimeout(() => this.onStall(), stallMs).unref();
    source.on('error', (error) => this.destroy(new StoreError('unreachable', 'the store broke off', error)));
    source.on('close', () => {
      if (this.receivedBytes < sizeBytes) this.destroy(this.cutShort());
    });
    source.on('end', () => {
      if (this.receivedBytes === sizeBytes) this.push(null);
      else this.destroy(this.cutShort());
    });
    source.on('data', (chunk: Uint8Array) => {
      this.receivedBytes += chunk.byteLength;
      countPassing(chunk.byteLength);
      this.waiting = this.push(chunk);
      if (!this.waiting) source.pause();
      else this.stall.refresh();
    });
    source.pause();
  }

  override _read(): void {
    this.waiting = true;
    this.stall.refresh();
    this.source.resume();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearTimeout(this.stall);
    this.source.destroy();
    callback(error);
  }

  private onStall(): void {
    if (this.waiting) this.destroy(new StoreError('unreachable', 'the store fell silent'));
    else this.stall.refresh();
  }

  private cutShort(): StoreError {
    return new StoreError('unreachable', `the store stopped after ${this.receivedBytes} of ${this.sizeBytes} bytes`);
  }
}
