import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';

export interface Period {
  readonly everyMs: number;
  /** None said is at once. */
  readonly firstAfterMs?: number;
}

/** Looks after something again and again, one look at a time, for as long as this worker runs. */
export abstract class PeriodicKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  protected readonly log: Logger;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  /** @param what it looks after, as the log names it */
  protected constructor(
    private readonly what: string,
    private readonly period: Period,
  ) {
    this.log = new Logger(what);
  }

  /** One look. What it cannot do now it throws for, and a later look does. */
  protected abstract look(): Promise<void>;

  onApplicationBootstrap(): void {
    this.lookAfter(this.period.firstAfterMs ?? 0);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  /** Takes step after step until one finds nothing left to do, or the worker stops. @param step gives how much it did */
  protected async exhaust(step: () => Promise<number>): Promise<void> {
    while ((await step()) > 0 && !this.stopped);
  }

  private lookAfter(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.running = this.look()
        .catch((error: unknown) => {
          this.log.warn(error instanceof Error ? error.message : `${this.what} could not be looked through`);
        })
        .finally(() => {
          if (!this.stopped) this.lookAfter(this.period.everyMs);
        });
    }, delayMs);
  }
}
