import { setTimeout as delay } from 'node:timers/promises';

/** No more is saved up while nothing is read, in seconds' worth. */
const BURST_SECONDS = 1;

export interface PaceClock {
  /** Milliseconds, never backwards. */
  now(): number;
  /** Rejects when `stop` aborts. */
  sleep(ms: number, stop: AbortSignal): Promise<void>;
}

const systemClock: PaceClock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
};

/** Holds a reader to so many bytes a second, so that checking never takes what officers wait for. */
export class Pace {
  private readonly bytesPerMs: number;
  private owedBytes = 0;
  private paidUntil: number;

  constructor(
    bytesPerSecond: number,
    private readonly stop: AbortSignal,
    private readonly clock: PaceClock = systemClock,
  ) {
    this.bytesPerMs = bytesPerSecond / 1000;
    this.paidUntil = clock.now();
  }

  /** Waits until so many bytes more may have been read. @throws the reason of `stop` when it aborts */
  async took(sizeBytes: number): Promise<void> {
    this.stop.throwIfAborted();
    const now = this.clock.now();
    this.owedBytes = Math.max(
      -BURST_SECONDS * 1000 * this.bytesPerMs,
      this.owedBytes - (now - this.paidUntil) * this.bytesPerMs,
    );
    this.paidUntil = now;
    this.owedBytes += sizeBytes;
    if (this.owedBytes > 0) await this.clock.sleep(this.owedBytes / this.bytesPerMs, this.stop);
  }
}
