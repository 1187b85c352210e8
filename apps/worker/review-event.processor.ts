import { Injectable } from '@nestjs/common';
import { EventId } from '#domain/evidence';
import { RaiseReviews } from '#server/audit';
import { Database } from '#server/database';
import type { Jobs } from '#server/outbox';
import { type JobProcessor, runOnce } from '#server/queue';

/** Looks at an event and raises the reviews it calls for. */
@Injectable()
export class ReviewEventProcessor implements JobProcessor<'review-event'> {
  readonly topic = 'review-event';

  constructor(
    private readonly database: Database,
    private readonly reviews: RaiseReviews,
  ) {}

  async process({ eventId }: Jobs['review-event'], outboxKey: string): Promise<void> {
    await runOnce(this.database, outboxKey, (tx) => this.reviews.ofEvent(tx, EventId.parse(eventId)));
  }
}
