import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type IntakeReceipt, Problem } from '#domain/contract';
import type { EventId, ExhibitId } from '#domain/evidence';
import { Authority } from '#server/authority';
import { LogReader } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Exhibit } from './exhibit.entity.js';

interface SealedEvent {
  id: EventId;
  salt: Buffer;
  body: Buffer;
}

/** What the officer keeps: that the platform sealed their exhibit, and that the log says so. */
@Injectable()
export class IntakeReceipts {
  constructor(
    private readonly database: Database,
    private readonly authority: Authority,
    private readonly log: LogReader,
  ) {}

  /** @throws Problem 'not-found', 'forbidden'; 'conflict' until the exhibit is sealed and a published checkpoint covers it */
  async ofExhibit(actor: ActingOfficer, exhibitId: ExhibitId): Promise<IntakeReceipt> {
    await this.authority.require(actor, 'read', exhibitId);
    const { manifest, event } = await this.database.asOfficer(actor, async (tx) => {
      // Read by others than the holder it is an event, durable before the answer.
      await this.authority.tellReading(
        tx,
        actor,
        await this.authority.requireIn(tx, actor, 'read', exhibitId),
        'receipt',
      );
      const { manifest: signed } = await tx.findOneByOrFail(Exhibit, { id: exhibitId });
      return { manifest: signed, event: await sealedEvent(tx, exhibitId) };
    });
    if (!manifest || !event) throw new Problem('conflict', 'the exhibit is not sealed yet');
    const proved = await this.log.proofOf(event.id);
    if (!proved) throw new Problem('conflict', 'no published checkpoint covers the seal yet');
    return {
      exhibitId,
      manifest,
      sealedEventIndex: proved.index,
      proof: Buffer.from(proved.proof).toString('utf8'),
      event: { salt: event.salt.toString('base64'), body: event.body.toString('base64') },
    };
  }
}

async function sealedEvent(tx: Transaction, exhibitId: ExhibitId): Promise<SealedEvent | null> {
  const [event] = await tx.query<SealedEvent[]>(
    `SELECT id, salt, body FROM amana.custody_event WHERE exhibit_id = $1 AND kind = 'exhibit-sealed' AND body IS NOT NULL
     ORDER BY exhibit_seq LIMIT 1`,
    [exhibitId],
  );
  return event ?? null;
}
