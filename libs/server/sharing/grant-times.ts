import { Injectable } from '@nestjs/common';
import type { GrantId } from '#domain/evidence';
import { grantById, type VersionedGrant } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { GrantEvents } from './grant-events.js';

/** Grants changed in one transaction, at most. */
const BATCH = 50;

/**
 * Puts on the record that the time of grants has come, or run out. `decide()` looks at the clock itself, so nothing is open or closed wrongly
 * in the meantime; this makes the state and the record say so. Several workers may run it at once: each grant is changed once.
 */
@Injectable()
export class GrantTimes {
  constructor(
    private readonly database: Database,
    private readonly events: GrantEvents,
  ) {}

  /** Expires what has run out. @returns how many */
  expire(): Promise<number> {
    return this.database.asPlatform(async (tx) => {
      const [rows] = await tx.query<[{ id: GrantId }[], number]>(
        `UPDATE amana.evidence_grant SET state = 'expired', version = version + 1
         WHERE id IN (SELECT id FROM amana.evidence_grant WHERE state IN ('proposed', 'approved', 'accepted', 'active') AND expires_at <= now()
           ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id`,
        [BATCH],
      );
      await this.events.tellOfTime(tx, 'grant-expired', await grantsOf(tx, rows));
      return rows.length;
    });
  }

  /** Activates what was accepted before its time, and whose time has come. @returns how many */
  activate(): Promise<number> {
    return this.database.asPlatform(async (tx) => {
      const [rows] = await tx.query<[{ id: GrantId }[], number]>(
        `UPDATE amana.evidence_grant SET state = 'active', version = version + 1
         WHERE id IN (SELECT id FROM amana.evidence_grant WHERE state = 'accepted' AND valid_from <= now() AND expires_at > now()
           ORDER BY valid_from LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id`,
        [BATCH],
      );
      await this.events.tellOfTime(tx, 'grant-activated', await grantsOf(tx, rows));
      return rows.length;
    });
  }
}

async function grantsOf(tx: Transaction, rows: readonly { id: GrantId }[]): Promise<VersionedGrant[]> {
  const grants: VersionedGrant[] = [];
  for (const { id } of rows) {
    const grant = await grantById(tx, id);
    if (grant) grants.push(grant);
  }
  return grants;
}
