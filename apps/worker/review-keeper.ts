import { Injectable } from '@nestjs/common';
import { EscalateReviews } from '#server/audit';
import { PeriodicKeeper } from './periodic-keeper.js';

/** How often the queue is looked through for what is overdue, in milliseconds; reviews are due after days. */
const INTERVAL_MS = 30_000;

/** Escalates reviews that nobody closed in time. */
@Injectable()
export class ReviewKeeper extends PeriodicKeeper {
  constructor(private readonly reviews: EscalateReviews) {
    super('reviews', { everyMs: INTERVAL_MS });
  }

  protected look(): Promise<void> {
    return this.exhaust(() => this.reviews.run());
  }
}
