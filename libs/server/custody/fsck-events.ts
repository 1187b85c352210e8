import { commitmentOf, entryOf } from '#domain/custody';
import { leafHash } from '#domain/merkle';
import type { Database } from '#server/database';
import type { FsckFault } from './fsck-report.js';
import { nodeHmac, nodeSha256 } from './node-hashes.js';

/** An entry of the log and its event, as the database holds them. Null where the event is gone. */
export interface RecordRow {
  readonly log_index: string;
  readonly entry_commitment: Buffer;
  readonly id: string | null;
  readonly chain_id: string;
  readonly case_seq: string;
  readonly exhibit_id: string | null;
  readonly exhibit_seq: string | null;
  readonly kind: string;
  readonly at: Date;
  readonly agency_ids: string[];
  readonly commitment: Buffer;
  readonly salt: Buffer | null;
  readonly body: Buffer | null;
  /** Of the event that the row names as what erased it. */
  readonly erasure_body: Buffer | null;
  /** Whether an event is erased that names this one as what erased it. */
  readonly erases: boolean;
}

/** Entries [from, to) by index; those that are not there are missing from the map. */
export async function readRecord(database: Database, from: number, to: number): Promise<Map<number, RecordRow>> {
  const rows = await database.query<RecordRow>(
    `SELECT l.log_index, l.commitment AS entry_commitment, e.id, e.chain_id, e.case_seq, e.exhibit_id, e.exhibit_seq, e.kind, e.at,
       e.agency_ids, e.commitment, e.salt, e.body, v.body AS erasure_body,
       e.kind = 'event-erased' AND EXISTS (SELECT FROM amana.custody_event t WHERE t.erased_by = e.id) AS erases
     FROM amana.log_entry l LEFT JOIN amana.custody_event e ON e.id = l.event_id
       LEFT JOIN amana.custody_event v ON v.id = e.erased_by AND v.kind = 'event-erased' WHERE l.log_index >= $1 AND l.log_index < $2`,
    [from, to],
  );
  return new Map(rows.map((row) => [Number(row.log_index), row]));
}

/** What in a row is not what the log says, by its leaf hash, that it must be. */
export function findEventFaults(row: RecordRow, leaf: Uint8Array): FsckFault[] {
  const index = Number(row.log_index);
  const isLogged = (commitment: Uint8Array) =>
    leafHash(entryOf(commitment), nodeSha256).every((byte, at) => byte === leaf[at]);
  const faults: FsckFault[] = [];
  if (!isLogged(row.entry_commitment))
    faults.push({ part: 'entry', index, detail: 'the entry has another commitment than the log' });
  const wrong = (detail: string) =>
    faults.push({ part: 'event', index, detail: `event ${row.id ?? 'unknown'}: ${detail}` });
  if (row.id === null) {
    wrong('it is gone');
    return faults;
  }
  if (!isLogged(row.commitment)) wrong('its column commitment is not what the log has');
  if (row.salt === null || row.body === null) {
    if (row.salt !== row.body) wrong('salt and body were not destroyed together');
    else if (!isErased(row)) wrong('salt and body are gone, and no erasure of it is on the record');
  } else if (row.salt.length !== 32 || !isLogged(commitmentOf(row.salt, row.body, nodeHmac))) {
    wrong('salt or body is not what was committed to');
  } else {
    for (const column of alteredColumns(row, row.body)) wrong(`its column ${column} is not what its body says`);
    if (row.kind === 'event-erased' && !row.erases) wrong('it says that an event was erased, and none is');
  }
  return faults;
}

/** Entries [from, to) that the record says were brought back from the store, where their events may be lost. */
export async function recoveredRanges(database: Database): Promise<{ from: number; to: number }[]> {
  const rows = await database.query<{ body: Buffer }>(
    `SELECT body FROM amana.custody_event WHERE kind = 'log-recovered' AND body IS NOT NULL`,
  );
  return rows.flatMap(({ body }) => {
    try {
      const { detail = {} } = JSON.parse(body.toString('utf8')) as { detail?: { from?: number; to?: number } };
      return [{ from: detail.from ?? 0, to: detail.to ?? 0 }];
    } catch {
      // An altered body says nothing; it is told as altered.
      return [];
    }
  });
}

/**
 * Whether an event was erased under law: its commitment stays, and another event says of just this commitment that it was. That event is
 * held against the log at an index of its own.
 */
export function isErased({ id, salt, body, commitment, erasure_body }: RecordRow): boolean {
  if (id === null || salt !== null || body !== null || erasure_body === null) return false;
  try {
    const { erasure } = JSON.parse(erasure_body.toString('utf8')) as { erasure?: { commitment?: string } };
    return erasure?.commitment === commitment.toString('base64');
  } catch {
    return false;
  }
}

/** Columns that say another thing than the body they were taken from, so that answers out of them would lie. */
function alteredColumns(row: RecordRow, body: Buffer): string[] {
  const event = JSON.parse(body.toString('utf8')) as {
    id: string;
    chain: { kind: string; id: string };
    caseSeq: number;
    exhibitId?: string;
    exhibitSeq?: number;
    kind: string;
    at: string;
    actor: { kind: string; agencyId?: string };
  };
  const concerned = [event.actor.agencyId, event.chain.kind === 'agency' ? event.chain.id : undefined];
  const same = {
    id: row.id === event.id,
    chain_id: row.chain_id === event.chain.id,
    case_seq: Number(row.case_seq) === event.caseSeq,
    exhibit_id: (row.exhibit_id ?? undefined) === event.exhibitId,
    exhibit_seq: (row.exhibit_seq === null ? undefined : Number(row.exhibit_seq)) === event.exhibitSeq,
    kind: row.kind === event.kind,
    at: row.at.toISOString() === event.at,
    agency_ids: concerned.every((agency) => agency === undefined || row.agency_ids.includes(agency)),
  };
  return Object.entries(same).flatMap(([column, isSame]) => (isSame ? [] : [column]));
}
