import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '#client/api';
import { proveEntries } from '#client/log';
import type { RecordedEventView, RetrievalView, TimestampView } from '#domain/contract';
import type { ExhibitId, RetrievalId } from '#domain/evidence';
import { type LogPolicy, ProofError } from '#domain/merkle';
import type { PackagedErasure, PackagedEvent } from '#domain/package';
import { absent, isCosigned, stampedHead } from './attested-time.js';
import { IntegrityError } from './integrity-error.js';
import type { SeenHead, WatchedLog } from './watched-log.js';

/** How long the log may take to publish a head that covers an event: its promise is a second. */
const PATIENCE_MS = 60_000;
const POLL_MS = 300;
/** How long witnesses may take, which nobody can promise for them. */
const COSIGNING_MS = 15_000;

type SequencedEvent = RecordedEventView & { readonly index: number };

/** An exhibit's record up to an export of it, every event proven under one head of the log. */
export interface ProvenRecord {
  readonly events: readonly (PackagedEvent | PackagedErasure)[];
  /** Signed note. */
  readonly checkpoint: Uint8Array;
  /** Over that note; null where no head that covers the record was stamped in time. */
  readonly timestamp: TimestampView | null;
}

/**
 * Gathers an exhibit's events up to that of an export and proves them, all under one head, out of the log's public tiles. What was
 * recorded after it is left out: the reading of the record itself, and whatever others did meanwhile.
 * @param retrieval of the export
 * @param witnessing the log and the quorum of witnesses that are trusted here, whose cosignatures are waited for; null for none
 * @param timeUntil until when a head is waited for that an authority stamped, milliseconds; null where no authority is
 * @throws ProofError, IntegrityError when the log does not hold, or has no event of the export; ApiError
 */
export async function provenRecord(
  api: Pick<Api, 'records'>,
  { id, exhibitId }: Pick<RetrievalView, 'id' | 'exhibitId'>,
  watched: WatchedLog,
  witnessing: LogPolicy | null,
  timeUntil: number | null,
): Promise<ProvenRecord> {
  const until = Date.now() + PATIENCE_MS;
  const events = await eventsToExport(api, exhibitId, id, until);
  requireEarlierErasures(events);
  const indexes = events.map(({ index }) => index);
  const covered = await headOver(Math.max(...indexes), watched, until);
  const { note, timestamp } = await headToPack(covered, Math.max(...indexes) + 1, watched, { witnessing, timeUntil });
  const proofs = await proveEntries(indexes, note, watched.policy, watched.log);
  return { events: events.map((event, at) => packaged(event, proofs[at])), checkpoint: note, timestamp };
}

/** What was erased after the export, the record up to it does not tell of: it takes another export. */
function requireEarlierErasures(events: readonly SequencedEvent[]): void {
  const last = events.at(-1)?.index ?? -1;
  const later = events.find(
    (event) => 'erased' in event && event.erased !== null && (event.erased.index ?? Infinity) > last,
  );
  if (later !== undefined)
    throw new ProofError('bad-index', `the event at index ${later.index} has been erased since the export; try again`);
}

/**
 * The head that all is proven under: one that was stamped and cosigned; else one that was cosigned, for without its quorum a head says
 * nothing of what others are shown, and without a timestamp only nothing of the time; else one that was published. Whichever it is, it is of
 * one growth with those seen before.
 */
async function headToPack(
  covered: SeenHead,
  least: number,
  watched: WatchedLog,
  { witnessing, timeUntil }: { readonly witnessing: LogPolicy | null; readonly timeUntil: number | null },
): Promise<{ readonly note: Uint8Array; readonly timestamp: TimestampView | null }> {
  const stamped = timeUntil === null ? null : await stampedHead(least, watched, witnessing, timeUntil);
  if (stamped !== null) {
    const [smaller, larger] = [stamped.checkpoint, covered.checkpoint].sort((a, b) => a.size - b.size);
    if (smaller && larger) await watched.requireGrowth(smaller, larger);
    return stamped;
  }
  return { note: (await cosignedHead(covered, watched, witnessing)) ?? covered.note, timestamp: null };
}

/** A head at least as large that the quorum cosigned; null when none comes in time: no quorum delays the word, never the record. */
async function cosignedHead(
  { checkpoint: { size } }: SeenHead,
  { log }: WatchedLog,
  witnessing: LogPolicy | null,
): Promise<Uint8Array | null> {
  if (witnessing === null) return null;
  const until = Date.now() + COSIGNING_MS;
  while (Date.now() < until) {
    const note = await log.witnessedCheckpoint().catch(absent);
    if (note !== null && isCosigned(note, size, witnessing)) return note;
    await delay(POLL_MS);
  }
  return null;
}

/** Waits until every one of them has its place in the log. */
async function eventsToExport(
  api: Pick<Api, 'records'>,
  exhibitId: ExhibitId,
  retrievalId: RetrievalId,
  until: number,
): Promise<SequencedEvent[]> {
  for (;;) {
    const events: RecordedEventView[] = [];
    let isThere = false;
    for await (const event of api.records.events(exhibitId)) {
      events.push(event);
      isThere = 'event' in event && event.event.kind === 'package-exported' && event.event.retrievalId === retrievalId;
      if (isThere) break;
    }
    if (!isThere) throw new IntegrityError('the record has no event of this export: the platform has not recorded it');
    if (events.every((event) => event.index !== null)) return events as SequencedEvent[];
    if (Date.now() >= until)
      throw new ProofError('bad-index', 'the log has given the export no place in it yet; try again');
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

function packaged(event: SequencedEvent, proof: Uint8Array | undefined): PackagedEvent | PackagedErasure {
  const { index } = event;
  if (proof === undefined) throw new RangeError(`there is no proof of the entry ${index}`);
  if ('body' in event)
    return { index, salt: Buffer.from(event.salt, 'base64'), body: Buffer.from(event.body, 'base64'), proof };
  const { erased, commitment } = event;
  if (erased === null)
    throw new IntegrityError(`salt and body of the event at index ${index} are gone, and the record names no erasure`);
  const note = { ground: erased.ground, event: erased.index ?? 0 };
  return { index, commitment: Buffer.from(commitment, 'base64'), erased: note, proof };
}
