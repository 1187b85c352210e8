import { citationOf, sameGround, toBase64 } from '#domain/custody';
import { ProofError, parseCheckpoint, parseNote } from '#domain/merkle';
import { isKept, type ErasedEvent, type KeptEvent, type RecordedEvent } from './recorded-event.js';

/**
 * Where an event is said to be erased and the record does not say so, in words; null when it does for each: by an event of this exhibit, at
 * the index named and after the one erased, whose bytes name its commitment and the same ground. That event stands in the chain and in the
 * log as any other does, so nobody can take an event out of the record without saying who did, and by what law.
 * @param checkpoint not verified yet: tells which log an index counts in
 */
export function findUnfoundedErasure(events: readonly RecordedEvent[], checkpoint: Uint8Array | null): string | null {
  const byIndex = new Map(events.filter(isKept).map((event) => [event.index, event]));
  for (const event of events) {
    if (isKept(event)) continue;
    const fault = faultOf(event, byIndex.get(event.erased.event), checkpoint);
    if (fault !== null) return `index ${event.index}: salt and body are gone, and ${fault}`;
  }
  return null;
}

function faultOf(
  { index, commitment, erased }: ErasedEvent,
  saying: KeptEvent | undefined,
  checkpoint: Uint8Array | null,
): string | null {
  const said = saying?.event;
  if (said?.kind !== 'event-erased' || said.result !== 'done' || said.erasure === undefined || erased.event <= index)
    return `the record has no event "event-erased" of it at index ${erased.event}`;
  const { erasure } = said;
  if (erasure.commitment !== toBase64(commitment)) return `the erasure at index ${erased.event} is of another event`;
  // In a log that followed another the same event has another index.
  if (erasure.index !== index && (checkpoint === null || erasure.origin === originOf(checkpoint)))
    return `the erasure at index ${erased.event} is of the event at index ${erasure.index}`;
  return sameGround(erasure.ground, erased.ground)
    ? null
    : `the erasure at index ${erased.event} was under another ground`;
}

function originOf(checkpoint: Uint8Array): string | null {
  try {
    return parseCheckpoint(parseNote(checkpoint).text, { extensionLines: 'refuse' }).origin;
  } catch (error) {
    if (error instanceof ProofError) return null;
    throw error;
  }
}

/** `erased under <ground> (<how many>)`, for each ground in the order of the record. */
export function erasureWords(events: readonly RecordedEvent[]): string[] {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (isKept(event)) continue;
    const ground = citationOf(event.erased.ground);
    counts.set(ground, (counts.get(ground) ?? 0) + 1);
  }
  return [...counts].map(([ground, count]) => `erased under ${ground} (${count})`);
}
