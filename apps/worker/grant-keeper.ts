import { Injectable } from '@nestjs/common';
import { GrantTimes } from '#server/sharing';
import { PeriodicKeeper } from './periodic-keeper.js';

/** How often grants are looked through, in milliseconds. `decide()` goes by the clock alone: this only makes the record say so. */
const INTERVAL_MS = 5_000;

/** Activates grants whose time has come and expires those that have run out. */
@Injectable()
export class GrantKeeper extends PeriodicKeeper {
  constructor(private readonly grants: GrantTimes) {
    super('grants', { everyMs: INTERVAL_MS, firstAfterMs: INTERVAL_MS });
  }

  protected async look(): Promise<void> {
    await this.exhaust(() => this.grants.expire());
    await this.exhaust(() => this.grants.activate());
  }
}
