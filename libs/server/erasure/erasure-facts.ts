import type { ErasureFacts } from '#domain/authority';
import type { CustodyStatement, EventKind } from '#domain/custody';
import { type AgencyId, CaseId, type EventId, type ExhibitId, type OfficerId } from '#domain/evidence';
import type { Transaction } from '#server/database';

/** What `decideErasure…` needs of an event, and where it stands. */
export interface EventToErase extends ErasureFacts {
  readonly chain: CustodyStatement['chain'];
  readonly exhibitId: ExhibitId | null;
  /** Who may read it, and so read that it was erased. */
  readonly agencyIds: readonly AgencyId[];
  readonly commitment: Buffer;
  /** Null while it waits for the sequencer. */
  readonly index: number | null;
}

interface FactsRow {
  readonly kind: EventKind;
  readonly chain_id: string;
  readonly exhibit_id: ExhibitId | null;
  readonly agency_ids: AgencyId[];
  readonly commitment: Buffer;
  readonly log_index: string | null;
  readonly published: boolean;
  readonly under_hold: boolean;
  readonly under_review: boolean;
  readonly in_use: boolean;
  readonly acted_by: OfficerId | null;
}

/** The event as the agency of this transaction holds it; null when it holds none of this id, or it was erased. */
export async function eventToErase(
  tx: Transaction,
  agencyId: AgencyId,
  eventId: EventId,
): Promise<EventToErase | null> {
  const [row] = await tx.query<FactsRow[]>('SELECT * FROM amana.erasure_facts($1)', [eventId]);
  if (!row) return null;
  return {
    kind: row.kind,
    chain:
      row.chain_id === agencyId ? { kind: 'agency', id: agencyId } : { kind: 'case', id: CaseId.parse(row.chain_id) },
    exhibitId: row.exhibit_id,
    agencyIds: row.agency_ids,
    commitment: row.commitment,
    index: row.log_index === null ? null : Number(row.log_index),
    published: row.published,
    underHold: row.under_hold,
    underReview: row.under_review,
    inUse: row.in_use,
    actedBy: row.acted_by,
  };
}
