import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type EventView, type EventsQuery, type Page, Problem } from '#domain/contract';
import type { CustodyEvent } from '#domain/custody';
import { EventId } from '#domain/evidence';
import { Database, type Transaction } from '#server/database';

interface EventRow {
  readonly id: EventId;
  readonly log_index: string | null;
  readonly place: string;
  readonly salt: Buffer;
  readonly body: Buffer;
}

/** The record of custody, from the side of those entitled to read it. Row-level security leaves out what an agency may not see. */
@Injectable()
export class CustodyRecord {
  constructor(private readonly database: Database) {}

  /**
   * Events in the order of the log: of one exhibit, those that wait for their index too, last; or of all that the officer may see. What
   * was erased is left out: its commitment alone is left, in the log. @throws Problem 'malformed-request' for a cursor that is not ours
   */
  list(actor: ActingOfficer, { exhibitId, limit, cursor }: EventsQuery): Promise<Page<EventView>> {
    const after = readCursor(cursor);
    return this.database.asOfficer(actor, async (tx) => {
      const rows = await (exhibitId ? ofExhibit(tx, exhibitId, after, limit + 1) : ofAll(tx, after, limit + 1));
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      return { items: items.map(view), next: rows.length > limit && last ? last.place : null };
    });
  }

  /** Whether this is the officer's own reading of the same record, within the hour. */
  async isReading(actor: ActingOfficer, eventId: string, exhibitId: string | null): Promise<boolean> {
    if (!EventId.safeParse(eventId).success) return false;
    const [row] = await this.database.asOfficer(actor, (tx) =>
      tx.query<{ body: Buffer }[]>(
        `SELECT body FROM amana.custody_event
         WHERE id = $1 AND kind = 'record-read' AND exhibit_id IS NOT DISTINCT FROM $2 AND at > now() - interval '1 hour'`,
        [eventId, exhibitId],
      ),
    );
    if (!row) return false;
    const { actor: reader } = JSON.parse(row.body.toString('utf8')) as CustodyEvent;
    return reader.kind === 'officer' && reader.officerId === actor.officerId;
  }

  /** Whether the officer may read this event. */
  async isVisible(actor: ActingOfficer, eventId: EventId): Promise<boolean> {
    const rows = await this.database.asOfficer(actor, (tx) =>
      tx.query<unknown[]>('SELECT FROM amana.custody_event WHERE id = $1', [eventId]),
    );
    return rows.length > 0;
  }
}

/** By their place in the exhibit's chain, which is their order in the log. */
function ofExhibit(tx: Transaction, exhibitId: string, after: number, limit: number): Promise<EventRow[]> {
  return tx.query<EventRow[]>(
    `SELECT e.id, l.log_index, e.exhibit_seq AS place, e.salt, e.body
     FROM amana.custody_event e LEFT JOIN amana.log_entry l ON l.event_id = e.id
     WHERE e.exhibit_id = $1 AND e.exhibit_seq > $2 AND e.body IS NOT NULL ORDER BY e.exhibit_seq LIMIT $3`,
    [exhibitId, after, limit],
  );
}

function ofAll(tx: Transaction, after: number, limit: number): Promise<EventRow[]> {
  return tx.query<EventRow[]>(
    `SELECT e.id, l.log_index, l.log_index AS place, e.salt, e.body
     FROM amana.log_entry l JOIN amana.custody_event e ON e.id = l.event_id
     WHERE l.log_index > $1 AND e.body IS NOT NULL ORDER BY l.log_index LIMIT $2`,
    [after, limit],
  );
}

/** A place in the order asked for. Indexes count from 0, places in a chain from 1. */
function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return -1;
  const place = /^\d{1,15}$/.test(cursor) ? Number(cursor) : NaN;
  if (Number.isNaN(place)) throw new Problem('malformed-request', 'the cursor is not one of ours');
  return place;
}

function view({ id, log_index, salt, body }: EventRow): EventView {
  return {
    id,
    index: log_index === null ? null : Number(log_index),
    salt: salt.toString('base64'),
    body: body.toString('base64'),
    event: projection(body) as CustodyEvent,
  };
}

/** Null for a body that somebody spoilt in the database: its bytes are answered all the same, for whoever holds them against the log. */
function projection(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
