import type { ErasedBy, RecordedEventView } from '#domain/contract';
import { citationOf, type CustodyEvent } from '#domain/custody';
import type { ExhibitId } from '#domain/evidence';
import { type EventProof, proofWords, proveEvents } from './event-proofs.js';
import { IntegrityError } from './integrity-error.js';
import type { Session } from './session.js';
import { judgedLog } from './trusted-log.js';

/** One line of a custody record, and how well the log proves it. */
export interface ShownEvent {
  readonly id: string;
  readonly index: number | null;
  /** Null of one that was erased. */
  readonly event: CustodyEvent | null;
  /** By what and by whom it was erased; null of one that was not. */
  readonly erased: ErasedBy | null;
  readonly proof: EventProof;
}

/**
 * An exhibit's record, every event of it proven under the head of now, and judged by the witnesses that are pinned here.
 * @throws IntegrityError naming an event that is not in the log; ProofError, ApiError
 */
export async function shownRecord(session: Session, exhibitId: ExhibitId): Promise<ShownEvent[]> {
  const events: RecordedEventView[] = [];
  for await (const event of session.api().records.events(exhibitId)) events.push(event);
  const judged = await judgedLog(session);
  const proofs = await proveEvents(events, await judged.watched.head(), judged);
  return events.flatMap((shown, at): ShownEvent[] => {
    const proof = proofs[at];
    if (!proof) return [];
    const { id, index } = shown;
    if ('event' in shown) return [{ id, index, event: shown.event, erased: null, proof }];
    if (shown.erased === null)
      throw new IntegrityError(`salt and body of the event ${id} are gone, and the record names no erasure`);
    return [{ id, index, event: null, erased: shown.erased, proof }];
  });
}

export function recordTable({ output }: Session, record: readonly ShownEvent[]): string {
  return output.table(
    ['entry', 'time', 'event', 'result', 'id', 'proof'],
    record.map(({ id, index, event, erased, proof }) => [
      ...[index, ...(event ? [event.at, event.kind, event.result] : ['', 'erased', erasedWords(erased)])],
      ...[id, proofWords(proof)],
    ]),
  );
}

function erasedWords(erased: ErasedBy | null): string {
  return erased ? `erased under ${citationOf(erased.ground)}, as event ${erased.eventId} says` : '';
}
