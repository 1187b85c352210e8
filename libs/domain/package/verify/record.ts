import { CustodyEvent, commitmentOf, entryOf, findExhibitChainFault, toBase64, type ChainFault } from '#domain/custody';
import { ManifestError, canonicalJson, parseStrictJson } from '#domain/manifest';
import { leafHash } from '#domain/merkle';
import { PATHS } from '../layout.js';
import { MAX_EVENTS, MAX_EVENT_LINE_BYTES } from '../limits.js';
import { readLines } from '../read-bytes.js';
import { parseRecordLine } from '../record-line.js';
import { LinkFault } from '../verdict.js';
import { fileOrNull, findAltered } from './altered-event.js';
import { findUnfoundedErasure } from './erasures.js';
import { openListed, type Examination } from './examination.js';
import type { Exhibit } from './exhibit.js';
import { findContradiction } from './record-facts.js';
import { isKept, type KeptEvent, type RecordedEvent } from './recorded-event.js';

/**
 * The record: every line strict, every body the canonical JSON of an event of this exhibit, the events one unbroken chain from the
 * exhibit's first to the export that the package is, in the order of the log, and none of them contradicting the manifest or the seal. An event
 * whose salt and body are gone must have been erased, as a later event of the same record says; its place in the chain is its commitment. An
 * event that was altered is named by its own index, not by that of its successor, which no longer fits to it.
 * @throws LinkFault 'custody-entry' naming the line or the index in the log
 */
export async function checkRecord(examination: Examination, exhibit: Exhibit): Promise<readonly RecordedEvent[]> {
  const events = await readRecord(examination);
  const gap = findGap(events, exhibit);
  if (gap !== null) throw fault((await findAltered(examination, events, gap.position)) ?? gap.detail);
  const hasErased = events.some((event) => !isKept(event));
  const unfounded = hasErased ? findUnfoundedErasure(events, await fileOrNull(examination, PATHS.checkpoint)) : null;
  if (unfounded !== null) throw fault(unfounded);
  const contradiction = findContradiction(events, exhibit);
  if (contradiction !== null) throw fault(contradiction);
  examination.checked.events += events.length;
  examination.checked.erased += events.filter((event) => !isKept(event)).length;
  return events;
}

async function readRecord(examination: Examination): Promise<RecordedEvent[]> {
  const file = examination.bag.payload.get(PATHS.events);
  if (file === undefined) throw fault(`${PATHS.events} is missing`);
  const events: RecordedEvent[] = [];
  for await (const { line, ended } of readLines(openListed(examination, file), MAX_EVENT_LINE_BYTES)) {
    const number = events.length + 1;
    if (number > MAX_EVENTS) throw fault(`${PATHS.events} has more than ${MAX_EVENTS} lines`);
    if (line.length > MAX_EVENT_LINE_BYTES)
      throw fault(`${PATHS.events}, line ${number}: more than ${MAX_EVENT_LINE_BYTES} bytes`);
    if (!ended) throw fault(`${PATHS.events}, line ${number}: the line does not end`);
    events.push(readEvent(line, number));
  }
  if (events.length === 0) throw fault(`${PATHS.events} is empty`);
  return events;
}

function readEvent(line: Uint8Array, number: number): RecordedEvent {
  const where = `${PATHS.events}, line ${number}`;
  const parsed = parseRecordLine(new TextDecoder('utf-8', { ignoreBOM: true }).decode(line));
  if (parsed === null) throw fault(`${where}: not {"index":…,"salt":"…","body":"…"} in its one spelling`);
  if (!('body' in parsed)) return { ...parsed, leafHash: leafHash(entryOf(parsed.commitment)) };
  const { index, salt, body } = parsed;
  const event = CustodyEvent.safeParse(canonicalBody(body, `${where} (index ${index})`));
  if (!event.success) {
    const { path, message } = event.error.issues[0] ?? { path: [], message: 'wrong' };
    throw fault(`${where} (index ${index}): not a custody event: ${[...path, message].join(': ')}`);
  }
  const commitment = commitmentOf(salt, body);
  return { index, salt, body, event: event.data, commitment, leafHash: leafHash(entryOf(commitment)) };
}

function canonicalBody(body: Uint8Array, where: string): unknown {
  try {
    const value = parseStrictJson(body);
    const canonical = canonicalJson(value);
    if (canonical.length === body.length && canonical.every((byte, at) => byte === body[at])) return value;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw fault(`${where}: ${error.message}`);
  }
  throw fault(`${where}: the body is not canonical JSON (RFC 8785)`);
}

/** A place where the record does not hold together. */
interface Gap {
  /** Of the event that does not fit to those before it. */
  readonly position: number;
  readonly detail: string;
}

function findGap(events: readonly RecordedEvent[], exhibit: Exhibit): Gap | null {
  let known: { event: KeptEvent; position: number } | null = null;
  for (const [position, event] of events.entries()) {
    const previous = events[position - 1];
    const detail =
      misplaced(event, previous) ??
      (isKept(event)
        ? misfit(event, previous, known && { ...known.event, ago: position - known.position }, exhibit)
        : null);
    if (detail !== null) return { position, detail: `index ${event.index}: ${detail}` };
    if (isKept(event)) known = { event, position };
  }
  const gap = findExhibitChainFault(events);
  if (gap === null) return null;
  return { position: events.findIndex(({ index }) => index === gap.index), detail: chainFaultText(gap) };
}

function misplaced({ index }: RecordedEvent, previous: RecordedEvent | undefined): string | null {
  return previous !== undefined && index <= previous.index
    ? `the event comes after one of index ${previous.index}`
    : null;
}

/**
 * What the exhibit's chain alone does not show: another exhibit's event, a broken chain of the case.
 * @param known the last event before it that is not erased, and how many lines ago it stood
 */
function misfit(
  { event }: KeptEvent,
  previous: RecordedEvent | undefined,
  known: (KeptEvent & { readonly ago: number }) | null,
  { manifest }: Exhibit,
): string | null {
  if (event.exhibitId !== manifest.exhibitId) return `the event is not of exhibit ${manifest.exhibitId}`;
  if (previous === undefined || known === null || event.chain.id !== known.event.chain.id) return null;
  const least = known.event.caseSeq + known.ago;
  if (event.caseSeq < least) return 'the event is not after the one before it in its case';
  return event.caseSeq === least && event.prevCaseCommitment !== toBase64(previous.commitment)
    ? 'the event does not name the one before it in its case'
    : null;
}

function chainFaultText(gap: ChainFault): string {
  return gap.kind === 'gap'
    ? `index ${gap.index}: the exhibit's event ${gap.expectedSeq} should be here, this is number ${gap.foundSeq}: one was left out or moved`
    : `index ${gap.index}: the event does not name the one before it: one was altered or replaced`;
}

const fault = (detail: string) => new LinkFault('custody-entry', detail);
