import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '#client/api';
import { proveEntries } from '#client/log';
import type { EventView } from '#domain/contract';
import type { ExhibitId } from '#domain/evidence';
import { ProofError } from '#domain/merkle';
import type { PackagedEvent } from '#domain/package';
import type { SeenHead, WatchedLog } from './watched-log.js';

/** How long the log may take to publish a head that covers an event: its promise is a second. */
const PATIENCE_MS = 60_000;
const POLL_MS = 300;

type SequencedEvent = EventView & { readonly index: number };

/** An exhibit's record up to now, every event proven under one head of the log. */
export interface ProvenRecord {
  readonly events: readonly PackagedEvent[];
  /** Signed note. */
  readonly checkpoint: Uint8Array;
}

/**
 * Gathers an exhibit's events and proves them, all under one head, out of the log's public tiles.
 * @throws ProofError, IntegrityError when the log does not hold; ApiError
 */
export async function provenRecord(api: Api, exhibitId: ExhibitId, watched: WatchedLog): Promise<ProvenRecord> {
  const until = Date.now() + PATIENCE_MS;
  const events = await sequencedEvents(api, exhibitId, until);
  const indexes = events.map(({ index }) => index);
  const { note } = await headOver(Math.max(...indexes), watched, until);
  const proofs = await proveEntries(indexes, note, watched.policy, watched.log);
  return { events: events.map((event, at) => packaged(event, proofs[at])), checkpoint: note };
}

/**
 * All events from the first, up to the first that has no place in the log yet once waiting for it has helped nothing: reading the
 * record may itself be an event that is still on its way.
 */
async function sequencedEvents(api: Api, exhibitId: ExhibitId, until: number): Promise<SequencedEvent[]> {
  for (;;) {
    const events: EventView[] = [];
    for await (const event of api.records.events(exhibitId)) events.push(event);
    const gap = events.findIndex(({ index }) => index === null);
    const sequenced = (gap < 0 ? events : events.slice(0, gap)).filter((event) => event.index !== null);
    const onlyReading = gap > 0 && events.slice(gap).every(({ event }) => event.kind === 'record-read');
    if (gap < 0 || onlyReading || Date.now() >= until) return sequenced as SequencedEvent[];
    await delay(POLL_MS);
  }
}

/** A published head that covers this entry. */
export async function headOver(index: number, watched: WatchedLog, until: number): Promise<SeenHead> {
  for (;;) {
    const head = await watched.head();
    if (head.checkpoint.size > index) return head;
    if (Date.now() >= until)
      throw new ProofError('bad-index', `the log has published no head over its entry ${index} yet`);
    await delay(POLL_MS);
  }
}

function packaged({ index, salt, body }: SequencedEvent, proof: Uint8Array | undefined): PackagedEvent {
  if (proof === undefined) throw new RangeError(`there is no proof of the entry ${index}`);
  return { index, salt: Buffer.from(salt, 'base64'), body: Buffer.from(body, 'base64'), proof };
}
