import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { RequestTimes } from '#server/requests';

/** How often deadlines are looked through, in milliseconds; the shortest that there are run for hours. */
const INTERVAL_MS = 15_000;

/** Reminds of what is due of requests and tells what is overdue, for as long as this worker runs. */
@Injectable()
export class RequestKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('requests');
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly requests: RequestTimes) {}

  onApplicationBootstrap(): void {
    this.look();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private look(): void {
    this.running = this.tell().finally(() => {
      if (!this.stopped) this.timer = setTimeout(() => this.look(), INTERVAL_MS);
    });
  }

  /** What cannot be told now is told the next time. */
  private async tell(): Promise<void> {
    try {
      while ((await this.requests.tellOverdue()) > 0 && !this.stopped);
      while ((await this.requests.remind()) > 0 && !this.stopped);
    } catch (error) {
      this.log.warn(error instanceof Error ? error.message : 'deadlines could not be looked through');
    }
  }
}
