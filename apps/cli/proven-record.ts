import { setTimeout as delay } from 'node:timers/promises';
import { type Api, ApiError } from '#client/api';
import { proveEntries } from '#client/log';
import type { EventView, RetrievalView } from '#domain/contract';
import type { ExhibitId, RetrievalId } from '#domain/evidence';
import { type LogPolicy, ProofError, verifyCheckpoint } from '#domain/merkle';
import type { PackagedEvent } from '#domain/package';
import { IntegrityError } from './integrity-error.js';
import type { SeenHead, WatchedLog } from './watched-log.js';

/** How long the log may take to publish a head that covers an event: its promise is a second. */
const PATIENCE_MS = 60_000;
const POLL_MS = 300;
/** How long witnesses may take, which nobody can promise for them. */
const COSIGNING_MS = 15_000;

type SequencedEvent = EventView & { readonly index: number };

/** An exhibit's record up to an export of it, every event proven under one head of the log. */
export interface ProvenRecord {
  readonly events: readonly PackagedEvent[];
  /** Signed note. */
  readonly checkpoint: Uint8Array;
}

/**
 * Gathers an exhibit's events up to that of an export and proves them, all under one head, out of the log's public tiles. What was
 * recorded after it is left out: the reading of the record itself, and whatever others did meanwhile.
 * @param retrieval of the export
 * @param witnessing the log and the quorum of witnesses that are trusted here, whose cosignatures are waited for; null for none
 * @throws ProofError, IntegrityError when the log does not hold, or has no event of the export; ApiError
 */
export async function provenRecord(
  api: Pick<Api, 'records'>,
  { id, exhibitId }: Pick<RetrievalView, 'id' | 'exhibitId'>,
  watched: WatchedLog,
  witnessing: LogPolicy | null,
): Promise<ProvenRecord> {
  const until = Date.now() + PATIENCE_MS;
  const events = await eventsToExport(api, exhibitId, id, until);
  const indexes = events.map(({ index }) => index);
  const covered = await headOver(Math.max(...indexes), watched, until);
  const note = (await cosignedHead(covered, watched, witnessing)) ?? covered.note;
  const proofs = await proveEntries(indexes, note, watched.policy, watched.log);
  return { events: events.map((event, at) => packaged(event, proofs[at])), checkpoint: note };
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

/** There is no such head yet. */
function absent(error: unknown): null {
  if (error instanceof ApiError && error.failure.kind === 'bad-answer') return null;
  throw error;
}

function isCosigned(note: Uint8Array, size: number, witnessing: LogPolicy): boolean {
  try {
    return verifyCheckpoint(note, witnessing).checkpoint.size >= size;
  } catch (error) {
    if (error instanceof ProofError) return false;
    throw error;
  }
}

/** Waits until every one of them has its place in the log. */
async function eventsToExport(
  api: Pick<Api, 'records'>,
  exhibitId: ExhibitId,
  retrievalId: RetrievalId,
  until: number,
): Promise<SequencedEvent[]> {
  for (;;) {
    const events: EventView[] = [];
    let isThere = false;
    for await (const event of api.records.events(exhibitId)) {
      events.push(event);
      isThere = event.event.kind === 'package-exported' && event.event.retrievalId === retrievalId;
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

function packaged({ index, salt, body }: SequencedEvent, proof: Uint8Array | undefined): PackagedEvent {
  if (proof === undefined) throw new RangeError(`there is no proof of the entry ${index}`);
  return { index, salt: Buffer.from(salt, 'base64'), body: Buffer.from(body, 'base64'), proof };
}
