import { Injectable } from '@nestjs/common';
import { newEvidenceRecord, readTimestamp, renew, TimestampError, tokenIn } from '#domain/time';
import { Database } from '#server/database';
import type { TimestampAuthority } from './timestamp-authority.js';
import { TsaError } from './tsa-error.js';

/** So many are renewed by one token, through a hash tree. */
const TOGETHER = 256;

interface Ending {
  readonly kind: 'log' | 'manifest';
  readonly key: readonly unknown[];
  readonly token: Buffer;
  readonly record: Buffer | null;
}

const TABLES = {
  log: { name: 'log_timestamp', key: ['origin', 'size'] },
  manifest: { name: 'manifest_timestamp', key: ['exhibit_id'] },
} as const;

/** Renews timestamps before the certificates that they rest on expire: RFC 4998 §5.2, timestamp renewal. */
@Injectable()
export class RenewTimestamps {
  constructor(private readonly database: Database) {}

  /**
   * One batch of those that end before `until`, soonest first. Interrupted anywhere it leaves each as it was or renewed.
   * @param now what has ended before is past renewal
   * @returns how many were renewed; 0 when none is left
   * @throws TsaError; 'renewed-too-late' when the authority's own certificate lasts no longer than what it is to renew
   */
  async renewBatch(authority: TimestampAuthority, now: Date, until: Date): Promise<number> {
    for (const kind of ['log', 'manifest'] as const) {
      const ending = await this.ending(kind, now, until);
      if (ending.length > 0) return this.renew(ending, authority, until);
    }
    return 0;
  }

  /** How many ended without having been renewed: they prove their time only to who trusts a certificate that has expired. */
  async ended(now: Date): Promise<number> {
    const [row] = await this.database.query<{ count: string }>(
      `SELECT (SELECT count(*) FROM amana.log_timestamp WHERE valid_until <= $1)
         + (SELECT count(*) FROM amana.manifest_timestamp WHERE valid_until <= $1) AS count`,
      [now],
    );
    return Number(row?.count ?? 0);
  }

  private async ending(kind: Ending['kind'], now: Date, until: Date): Promise<Ending[]> {
    const { name, key } = TABLES[kind];
    const rows = await this.database.query<Record<string, unknown> & { token: Buffer; evidence_record: Buffer | null }>(
      `SELECT ${key.join(', ')}, token, evidence_record FROM amana.${name}
       WHERE valid_until > $1 AND valid_until <= $2 ORDER BY valid_until LIMIT ${TOGETHER}`,
      [now, until],
    );
    return rows
      .map((row) => ({ kind, key: key.map((column) => row[column]), token: row.token, record: row.evidence_record }))
      .filter(isWhole);
  }

  private async renew(ending: readonly Ending[], authority: TimestampAuthority, until: Date): Promise<number> {
    const { imprint, complete } = renew(ending.map(({ token, record }) => record ?? newEvidenceRecord(token)));
    const { token, certificateNotAfter } = await authority.stamp(imprint);
    // It would be due again at once, for ever.
    if (certificateNotAfter <= until) {
      throw new TsaError(
        'renewed-too-late',
        `the authority's own certificate ends on ${certificateNotAfter.toISOString()}`,
      );
    }
    const records = complete(token);
    await this.database.asPlatform(async (tx) => {
      for (const [at, { kind, key, record }] of ending.entries()) {
        const { name, key: columns } = TABLES[kind];
        const where = columns.map((column, place) => `${column} = $${place + 4}`).join(' AND ');
        // Unless another worker was faster.
        await tx.query(
          `UPDATE amana.${name} SET evidence_record = $1, valid_until = $2
           WHERE evidence_record IS NOT DISTINCT FROM $3 AND ${where}`,
          [Buffer.from(records[at] ?? []), certificateNotAfter, record, ...key],
        );
      }
    });
    return ending.length;
  }
}

/** What cannot be read is left alone: it would keep all others from being renewed. */
function isWhole({ token, record }: Ending): boolean {
  try {
    readTimestamp(tokenIn(token));
    if (record) renew([record]);
    return true;
  } catch (error) {
    if (error instanceof TimestampError) return false;
    throw error;
  }
}
