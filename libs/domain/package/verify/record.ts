import { CustodyEvent, commitmentOf, entryOf, findExhibitChainFault, toBase64, type ChainFault } from '#domain/custody';
import { ManifestError, canonicalJson, parseStrictJson } from '#domain/manifest';
import { leafHash } from '#domain/merkle';
import { PATHS } from '../layout.js';
import { MAX_EVENTS, MAX_EVENT_LINE_BYTES } from '../limits.js';
import { readLines } from '../read-bytes.js';
import { parseRecordLine } from '../record-line.js';
import { LinkFault } from '../verdict.js';
import { findAltered } from './altered-event.js';
import { openListed, type Examination } from './examination.js';
import type { Exhibit } from './exhibit.js';
import { findContradiction } from './record-facts.js';
import type { RecordedEvent } from './recorded-event.js';

/**
 * The record: every line strict, every body the canonical JSON of an event of this exhibit, the events one unbroken chain from the
 * exhibit's first to the export that the package is, in the order of the log, and none of them contradicting the manifest or the seal. An
 * event that was altered is named by its own index, not by that of its successor, which no longer fits to it.
 * @throws LinkFault 'custody-entry' naming the line or the index in the log
 */
export async function checkRecord(examination: Examination, exhibit: Exhibit): Promise<readonly RecordedEvent[]> {
  const events = await readRecord(examination);
  const gap = findGap(events, exhibit);
  if (gap !== null) throw fault((await findAltered(examination, events, gap.position)) ?? gap.detail);
  const contradiction = findContradiction(events, exhibit);
  if (contradiction !== null) throw fault(contradiction);
  examination.checked.events += events.length;
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
  const { index, salt, body } = parsed;
  const event = CustodyEvent.safeParse(canonicalBody(body, `${where} (index ${index})`));
  if (!event.success) {
    const { path, message } = event.error.issues[0] ?? { path: [], message: 'wrong' };
    throw fault(`${where} (index ${index}): not a custody event: ${[...path, message].join(': ')}`);
  }
  return { index, salt, body, event: event.data, leafHash: leafHash(entryOf(commitmentOf(salt, body))) };
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
  for (const [position, event] of events.entries()) {
    const detail = misfit(event, events[position - 1], exhibit);
    if (detail !== null) return { position, detail: `index ${event.index}: ${detail}` };
  }
  const gap = findExhibitChainFault(events);
  if (gap === null) return null;
  return { position: events.findIndex(({ index }) => index === gap.index), detail: chainFaultText(gap) };
}

/** What the exhibit's chain alone does not show: another exhibit's event, an order that is not the log's, a broken chain of the case. */
function misfit(
  { index, event }: RecordedEvent,
  previous: RecordedEvent | undefined,
  { manifest }: Exhibit,
): string | null {
  if (event.exhibitId !== manifest.exhibitId) return `the event is not of exhibit ${manifest.exhibitId}`;
  if (previous === undefined) return null;
  if (index <= previous.index) return `the event comes after one of index ${previous.index}`;
  const before = previous.event;
  if (event.chain.id !== before.chain.id) return null;
  if (event.caseSeq <= before.caseSeq) return 'the event is not after the one before it in its case';
  const follows = event.caseSeq === before.caseSeq + 1;
  return follows && event.prevCaseCommitment !== toBase64(commitmentOf(previous.salt, previous.body))
    ? 'the event does not name the one before it in its case'
    : null;
}

function chainFaultText(gap: ChainFault): string {
  return gap.kind === 'gap'
    ? `index ${gap.index}: the exhibit's event ${gap.expectedSeq} should be here, this is number ${gap.foundSeq}: one was left out or moved`
    : `index ${gap.index}: the event does not name the one before it: one was altered or replaced`;
}

const fault = (detail: string) => new LinkFault('custody-entry', detail);
