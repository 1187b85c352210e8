import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LOG_OFFICE_HELD } from '#server/custody';
import { Database } from '#server/database';
import { Readiness } from '#server/operations';

/** An event that waits so long for a published head means that the publisher does not get on. */
const LAG_MS = 60_000;

const LAG = `SELECT extract(epoch FROM now() - least(
    (SELECT e.at FROM amana.log_pending p JOIN amana.custody_event e ON e.id = p.event_id ORDER BY p.position LIMIT 1),
    (SELECT e.at FROM amana.log_entry l JOIN amana.custody_event e ON e.id = l.event_id
       WHERE l.log_index = coalesce((SELECT max(size) FROM amana.log_checkpoint), 0))
  ))::float8 AS seconds`;

/** Whether the custody log gets on, whichever worker holds its office: somebody holds it, and what is recorded is soon published. */
@Injectable()
export class LogReadiness implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness.add('log-lease', async () => {
      const [office] = await this.database.query<{ held: boolean }>(LOG_OFFICE_HELD);
      if (!office?.held) throw new Error('no worker holds the office of the log');
    });
    this.readiness.add('log-publisher', async () => {
      const [lag] = await this.database.query<{ seconds: number | null }>(LAG);
      const seconds = Math.max(0, lag?.seconds ?? 0);
      const words = `the oldest event without a published head is ${seconds.toFixed(1)} s old`;
      if (seconds * 1000 > LAG_MS) throw new Error(words);
      return seconds === 0 ? 'all that is recorded is published' : words;
    });
  }
}
