import { Injectable, Logger } from '@nestjs/common';
import type { EventKind } from '#domain/custody';
import { recordOfPlatform } from '#server/custody';
import { Database, type Transaction } from '#server/database';

/** Puts what befell the log itself on the record, where the auditors of every state see it, and asks for their review. */
@Injectable()
export class LogAlarms {
  private readonly log = new Logger('custody-log');

  constructor(private readonly database: Database) {}

  /** An alarm that cannot be recorded now is told by the process's log alone: what it warns of must not wait for it. */
  async raise(kind: EventKind, reason: string): Promise<void> {
    this.log.error(reason);
    await this.record(async (tx) => {
      await recordOfPlatform(tx, { kind, reason, result: 'failed' });
    });
  }

  /** The same of what goes on until somebody has seen to it: on the record once a day for each `code`, whoever finds it. */
  async raiseDaily(kind: EventKind, code: string, reason: string): Promise<void> {
    await this.record(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('amana.alarm/' || $1, 0))`, [`${kind}/${code}`]);
      const told = await tx.query<unknown[]>(
        `SELECT FROM amana.custody_event WHERE kind = $1 AND at > now() - interval '1 day' AND body IS NOT NULL
           AND convert_from(body, 'UTF8')::jsonb -> 'detail' ->> 'code' = $2`,
        [kind, code],
      );
      if (told.length === 0) await recordOfPlatform(tx, { kind, reason, detail: { code }, result: 'failed' });
    });
  }

  private async record(work: (tx: Transaction) => Promise<void>): Promise<void> {
    try {
      await this.database.asPlatform(work);
    } catch (error) {
      this.log.error(error instanceof Error ? error.message : 'an alarm could not be recorded');
    }
  }
}
