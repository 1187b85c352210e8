import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { type ErasedBy, type EventsQuery, type Page, Problem, type RecordedEventView } from '#domain/contract';
import { CustodyEvent } from '#domain/custody';
import { EventId } from '#domain/evidence';
import { Database, type Transaction } from '#server/database';
import { ProofStandings } from './proof-standing.js';

interface EventRow {
  readonly id: EventId;
  readonly log_index: string | null;
  readonly place: string;
  readonly salt: Buffer | null;
  readonly body: Buffer | null;
  readonly commitment: Buffer;
  /** Of the event that says that this one was erased. */
  readonly erasure_body: Buffer | null;
  readonly erasure_index: string | null;
}

/** The record of custody, from the side of those entitled to read it. Row-level security leaves out what an agency may not see. */
@Injectable()
export class CustodyRecord {
  constructor(private readonly database: Database) {}

  /**
   * Events in the order of the log: of one exhibit, those that wait for their index too, last; or of all that the officer may see. Of
   * what was erased there is the commitment, and what the record says of its erasure. @throws Problem 'malformed-request' for a cursor that is not ours
   */
  list(actor: ActingOfficer, { exhibitId, limit, cursor }: EventsQuery): Promise<Page<RecordedEventView>> {
    const after = readCursor(cursor);
    return this.database.asOfficer(actor, async (tx) => {
      const rows = await (exhibitId ? ofExhibit(tx, exhibitId, after, limit + 1) : ofAll(tx, after, limit + 1));
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const standings = await ProofStandings.read(tx);
      return { items: items.map((row) => view(row, standings)), next: rows.length > limit && last ? last.place : null };
    });
  }

  /** Whether this is the officer's own reading of the same record, within the hour. */
  async isReading(actor: ActingOfficer, eventId: string, exhibitId: string | null): Promise<boolean> {
    if (!EventId.safeParse(eventId).success) return false;
    const [row] = await this.database.asOfficer(actor, (tx) =>
      tx.query<{ body: Buffer | null }[]>(
        `SELECT body FROM amana.custody_event
         WHERE id = $1 AND kind = 'record-read' AND exhibit_id IS NOT DISTINCT FROM $2 AND at > now() - interval '1 hour'`,
        [eventId, exhibitId],
      ),
    );
    if (!row?.body) return false;
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

const CONTENT = `e.salt, e.body, e.commitment, v.body AS erasure_body, w.log_index AS erasure_index`;
/** What says of an event that it was erased. */
const ERASURE = `LEFT JOIN amana.custody_event v ON v.id = e.erased_by AND v.kind = 'event-erased' LEFT JOIN amana.log_entry w ON w.event_id = v.id`;

/** By their place in the exhibit's chain, which is their order in the log. */
function ofExhibit(tx: Transaction, exhibitId: string, after: number, limit: number): Promise<EventRow[]> {
  return tx.query<EventRow[]>(
    `SELECT e.id, l.log_index, e.exhibit_seq AS place, ${CONTENT}
     FROM amana.custody_event e LEFT JOIN amana.log_entry l ON l.event_id = e.id ${ERASURE}
     WHERE e.exhibit_id = $1 AND e.exhibit_seq > $2 ORDER BY e.exhibit_seq LIMIT $3`,
    [exhibitId, after, limit],
  );
}

function ofAll(tx: Transaction, after: number, limit: number): Promise<EventRow[]> {
  return tx.query<EventRow[]>(
    `SELECT e.id, l.log_index, l.log_index AS place, ${CONTENT}
     FROM amana.log_entry l JOIN amana.custody_event e ON e.id = l.event_id ${ERASURE}
     WHERE l.log_index > $1 ORDER BY l.log_index LIMIT $2`,
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

function view(row: EventRow, standings: ProofStandings): RecordedEventView {
  const { id, log_index, salt, body, commitment } = row;
  const index = log_index === null ? null : Number(log_index);
  const place = { id, index, proof: standings.of(index) };
  if (salt === null || body === null)
    return { ...place, commitment: commitment.toString('base64'), erased: erasedBy(row) };
  return {
    ...place,
    salt: salt.toString('base64'),
    body: body.toString('base64'),
    event: projection(body) as CustodyEvent,
  };
}

/** What the record says of an erasure, if it is of this very event; else null. */
function erasedBy({ erasure_body, erasure_index, commitment }: EventRow): ErasedBy | null {
  const said = CustodyEvent.safeParse(erasure_body && projection(erasure_body)).data;
  if (said?.erasure?.commitment !== commitment.toString('base64') || said.actor.kind !== 'officer') return null;
  const { id: eventId, at, actor, erasure } = said;
  const { agencyId, role } = actor;
  const index = erasure_index === null ? null : Number(erasure_index);
  return { ground: erasure.ground, eventId, index, at, agencyId, role };
}

/** Null for a body that somebody spoilt in the database: its bytes are answered all the same, for whoever holds them against the log. */
function projection(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}
