import { Injectable } from '@nestjs/common';
import { RequestTimes } from '#server/requests';
import { PeriodicKeeper } from './periodic-keeper.js';

/** How often deadlines are looked through, in milliseconds; the shortest that there are run for hours. */
const INTERVAL_MS = 15_000;

/** Reminds of what is due of requests and tells what is overdue. */
@Injectable()
export class RequestKeeper extends PeriodicKeeper {
  constructor(private readonly requests: RequestTimes) {
    super('requests', { everyMs: INTERVAL_MS });
  }

  protected async look(): Promise<void> {
    await this.exhaust(() => this.requests.tellOverdue());
    await this.exhaust(() => this.requests.remind());
  }
}
