import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EscalateReviews } from '#server/audit';

/** How often the queue is looked through for what is overdue, in milliseconds; reviews are due after days. */
const INTERVAL_MS = 30_000;

/** Escalates reviews that nobody closed in time, for as long as this worker runs. */
@Injectable()
export class ReviewKeeper implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('reviews');
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly reviews: EscalateReviews) {}

  onApplicationBootstrap(): void {
    this.look();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
  }

  private look(): void {
    this.running = this.escalate().finally(() => {
      if (!this.stopped) this.timer = setTimeout(() => this.look(), INTERVAL_MS);
    });
  }

  /** What cannot be done now is done the next time. */
  private async escalate(): Promise<void> {
    try {
      while ((await this.reviews.run()) > 0 && !this.stopped);
    } catch (error) {
      this.log.warn(error instanceof Error ? error.message : 'reviews could not be looked through');
    }
  }
}
