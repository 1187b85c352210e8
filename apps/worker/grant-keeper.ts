import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { GrantTimes } from '#server/sharing';

/** How often grants are looked through, in milliseconds. `decide()` goes by the clock alone: this only makes the record say so. */
const INTERVAL_MS = 5_000;

/** Activates grants whose time has come and expires those that have run out, for as long as this worker runs. */
@Injectable()
export class GrantKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('grants');
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly grants: GrantTimes) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.running = this.sweep().finally(() => {
        if (!this.stopped) this.schedule();
      });
    }, INTERVAL_MS);
  }

  /** What cannot be done now is done by a later sweep. */
  private async sweep(): Promise<void> {
    try {
      while ((await this.grants.expire()) > 0 && !this.stopped);
      while ((await this.grants.activate()) > 0 && !this.stopped);
    } catch (error) {
      this.log.warn(error instanceof Error ? error.message : 'grants could not be looked through');
    }
  }
}
