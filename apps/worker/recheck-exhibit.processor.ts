import { Injectable } from '@nestjs/common';
import { ExhibitId } from '#domain/evidence';
import { Database } from '#server/database';
import { ConcludeRecheck, Recheck } from '#server/intake';
import type { Jobs } from '#server/outbox';
import { type JobProcessor, runOnce } from '#server/queue';

/**
 * Reads back all that the store holds of an exhibit, then seals it or puts it into quarantine. A worker killed on the way has changed
 * nothing: the job comes again and reads anew. A store that is away is no finding: the job fails and comes again.
 */
@Injectable()
export class RecheckExhibitProcessor implements JobProcessor<'recheck-exhibit'> {
  readonly topic = 'recheck-exhibit';
  /** Each reads several objects at once already. */
  readonly concurrency = 2;

  constructor(
    private readonly database: Database,
    private readonly recheck: Recheck,
    private readonly conclusion: ConcludeRecheck,
  ) {}

  async process({ exhibitId }: Jobs['recheck-exhibit'], outboxKey: string): Promise<void> {
    const found = await this.recheck.check(ExhibitId.parse(exhibitId));
    await runOnce(this.database, outboxKey, (tx) => this.conclusion.conclude(tx, found));
  }
}
