import { Injectable, Logger } from '@nestjs/common';
import { type EventKind, PLATFORM_CHAIN } from '#domain/custody';
import type { AgencyId } from '#domain/evidence';
import { Custody } from '#server/custody';
import { Database } from '#server/database';
import { Outbox } from '#server/outbox';

/** Puts what befell the log itself on the record, where the auditors of every state see it, and asks for their review. */
@Injectable()
export class LogAlarms {
  private readonly log = new Logger('custody-log');

  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly outbox: Outbox,
  ) {}

  /** An alarm that cannot be recorded now is told by the process's log alone: what it warns of must not wait for it. */
  async raise(kind: EventKind, reason: string): Promise<void> {
    this.log.error(reason);
    try {
      await this.database.asPlatform(async (tx) => {
        const auditors = await tx.query<{ id: AgencyId }[]>(`SELECT id FROM amana.agency WHERE kind = 'oversight'`);
        const [event] = await this.custody.append(tx, [
          {
            statement: {
              ...{ kind, reason, chain: PLATFORM_CHAIN, result: 'failed' },
              actor: { kind: 'platform', component: 'worker' },
            },
            visibleTo: auditors.map(({ id }) => id),
          },
        ]);
        if (event) await this.outbox.ask(tx, 'review-event', event.id, { eventId: event.id });
      });
    } catch (error) {
      this.log.error(error instanceof Error ? error.message : 'an alarm could not be recorded');
    }
  }
}
