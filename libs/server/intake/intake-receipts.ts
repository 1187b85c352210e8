import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type IntakeReceipt, Problem } from '#domain/contract';
import type { EventId, ExhibitId } from '#domain/evidence';
import { Authority } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { Exhibit } from './exhibit.entity.js';

interface SealedEvent {
  id: EventId;
  salt: Buffer;
  body: Buffer;
  log_index: string | null;
}

/** What the officer keeps: that the platform sealed their exhibit, and that the log says so. */
@Injectable()
export class IntakeReceipts {
  constructor(
    private readonly database: Database,
    private readonly authority: Authority,
  ) {}

  /** @throws Problem 'not-found', 'forbidden'; 'conflict' until the exhibit is sealed and a published checkpoint covers it */
  async ofExhibit(actor: ActingOfficer, exhibitId: ExhibitId): Promise<IntakeReceipt> {
    await this.authority.require(actor, 'read', exhibitId);
    const { manifest, event } = await this.database.asOfficer(actor, async (tx) => ({
      manifest: (await tx.findOneByOrFail(Exhibit, { id: exhibitId })).manifest,
      event: await sealedEvent(tx, exhibitId),
    }));
    if (!manifest || !event) throw new Problem('conflict', 'the exhibit is not sealed yet');
    throw new Problem('conflict', 'TODO');
  }
}

async function sealedEvent(tx: Transaction, exhibitId: ExhibitId): Promise<SealedEvent | null> {
  const [event] = await tx.query<SealedEvent[]>(
    `SELECT e.id, e.salt, e.body, l.log_index FROM amana.custody_event e LEFT JOIN amana.log_entry l ON l.event_id = e.id
     WHERE e.exhibit_id = $1 AND e.kind = 'exhibit-sealed' ORDER BY e.exhibit_seq LIMIT 1`,
    [exhibitId],
  );
  return event ?? null;
}
