import { Inject, Injectable } from '@nestjs/common';
import { PLATFORM_CHAIN } from '#domain/custody';
import type { AgencyId } from '#domain/evidence';
import { parseVerifierKey } from '#domain/merkle';
import { CONFIG, type Config, ConfigError } from '#server/config';
import { Database, type Transaction } from '#server/database';
import { Outbox } from '#server/outbox';
import { type Pace, PacedStore, ScrubPasses } from '#server/scrub';
import { EvidenceStore } from '#server/storage';
import { Custody, type Entry } from './custody.js';
import { fsck } from './fsck.js';
import type { FsckFault } from './fsck-report.js';
import { logFolder } from './log-folder.js';
import { LogStore } from './log-store.js';

/** Faults told in events of their own in one pass; the rest are counted. */
const NAMED_FAULTS = 20;

/** Recomputes the whole record, always: what was altered, dropped or has rotted is told within one pass, by its index, once. */
@Injectable()
export class ScrubLog {
  private readonly passes: ScrubPasses;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly store: EvidenceStore,
    private readonly custody: Custody,
    private readonly outbox: Outbox,
  ) {
    this.passes = new ScrubPasses(database);
  }

  /** @throws StoreError when the store cannot be asked; ConfigError without the log's verifier key */
  async pass(pace: Pace): Promise<void> {
    const { logVerifierKey } = this.config;
    if (logVerifierKey === null)
      throw new ConfigError(['AMANA_LOG_VERIFIER_KEY: is missing; the worker checks the log']);
    const pass = await this.passes.current('log');
    const { size, faults } = await fsck({
      database: this.database,
      store: new LogStore(new PacedStore(this.store, pace), await logFolder(this.database)),
      key: parseVerifierKey(logVerifierKey),
    });
    if (faults.length > 0) await this.database.asPlatform((tx) => this.tell(tx, faults));
    await this.passes.end(pass, { checked: size, faults: faults.length });
  }

  /** Each fault once, whatever number of passes and workers come upon it. */
  private async tell(tx: Transaction, faults: readonly FsckFault[]): Promise<void> {
    const fresh = await tx.query<{ part: string; log_index: string; detail: string }[]>(
      `INSERT INTO amana.scrub_fault (part, log_index, detail) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])
       ON CONFLICT DO NOTHING RETURNING part, log_index, detail`,
      [faults.map(({ part }) => part), faults.map(({ index }) => index ?? -1), faults.map(({ detail }) => detail)],
    );
    if (fresh.length === 0) return;
    const visibleTo = await agenciesOfAuditors(tx);
    const named = fresh.slice(0, NAMED_FAULTS).map(({ part, log_index, detail }): Entry => ({
      visibleTo,
      statement: {
        kind: 'check-failed',
        chain: PLATFORM_CHAIN,
        actor: { kind: 'platform', component: 'worker' },
        result: 'failed',
        reason: `the log's ${part}${log_index === '-1' ? '' : ` at index ${log_index}`}: ${detail}`,
        detail: { part, index: Number(log_index), found: fresh.length },
      },
    }));
    for (const { id } of await this.custody.append(tx, named)) {
      await this.outbox.ask(tx, 'review-event', id, { eventId: id });
    }
  }
}

/** Whoever has auditors is told what happens to the record itself. */
async function agenciesOfAuditors(tx: Transaction): Promise<AgencyId[]> {
  const rows = await tx.query<{ agency_id: AgencyId }[]>(
    `SELECT DISTINCT agency_id FROM amana.officer WHERE 'auditor' = ANY (roles)`,
  );
  return rows.map(({ agency_id }) => agency_id);
}
