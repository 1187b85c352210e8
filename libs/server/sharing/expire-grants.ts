import { Injectable } from '@nestjs/common';
import type { GrantId } from '#domain/evidence';
import { exhibitFacts, grantById } from '#server/authority';
import { Custody, type Entry } from '#server/custody';
import { Database } from '#server/database';

/** Grants expired in one transaction, at most. */
const BATCH = 50;

/**
 * Puts on the record that grants have run out. `decide()` looks at the clock itself, so nothing is open in the meantime; this makes the state
 * and the record say so. Several workers may run it at once: each grant is expired once.
 */
@Injectable()
export class ExpireGrants {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  /** @returns how many grants were expired */
  run(): Promise<number> {
    return this.database.asPlatform(async (tx) => {
      const [rows] = await tx.query<[{ id: GrantId }[], number]>(
        `UPDATE amana.evidence_grant SET state = 'expired', version = version + 1
         WHERE id IN (SELECT id FROM amana.evidence_grant WHERE state IN ('proposed', 'approved', 'accepted', 'active') AND expires_at <= now()
           ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING id`,
        [BATCH],
      );
      const entries: Entry[] = [];
      for (const { id } of rows) {
        const grant = await grantById(tx, id);
        for (const exhibitId of grant?.exhibitIds ?? []) {
          const exhibit = await exhibitFacts(tx, exhibitId);
          if (!grant || !exhibit) continue;
          entries.push({
            visibleTo: [grant.fromAgencyId, grant.toAgencyId],
            statement: {
              kind: 'grant-expired',
              chain: { kind: 'case', id: exhibit.caseId },
              exhibitId,
              actor: { kind: 'platform', component: 'worker' },
              counterpart: { agencyId: grant.toAgencyId },
              authority: { grantId: id, legalBasis: grant.legalBasis },
              result: 'done',
            },
          });
        }
      }
      // Once, so that the chains are locked in one order.
      if (entries.length > 0) await this.custody.append(tx, entries);
      return rows.length;
    });
  }
}
