import {
  CustodyEvent,
  commitmentOf,
  entryOf,
  findExhibitChainFault,
  toBase64,
  type ChainFault,
  type ChainedEvent,
} from '#domain/custody';
import { ManifestError, canonicalJson, parseStrictJson } from '#domain/manifest';
import { leafHash } from '#domain/merkle';
import { PATHS } from '../layout.js';
import { MAX_EVENTS, MAX_EVENT_LINE_BYTES } from '../limits.js';
import { readLines } from '../read-bytes.js';
import { parseRecordLine } from '../record-line.js';
import { LinkFault } from '../verdict.js';
import { openListed, type Examination } from './examination.js';
import type { Exhibit } from './exhibit.js';
import { findContradiction } from './record-facts.js';

/** An event of the record with the hash of its leaf in the log. */
export interface RecordedEvent extends ChainedEvent {
  readonly leafHash: Uint8Array;
}

/**
 * The record: every line strict, every body the canonical JSON of an event of this exhibit, the events one unbroken chain from the
 * exhibit's first, in the order of the log, and none of them contradicting the manifest or the seal.
 * @throws LinkFault 'custody-entry' naming the line or the index in the log
 */
export async function checkRecord(examination: Examination, exhibit: Exhibit): Promise<readonly RecordedEvent[]> {
  const events = await readRecord(examination);
  for (const [at, event] of events.entries()) requireInChain(event, events[at - 1], exhibit);
  const gap = findExhibitChainFault(events);
  if (gap !== null) throw fault(chainFaultText(gap));
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

/** What the exhibit's chain alone does not show: another exhibit's event, an order that is not the log's, a broken chain of the case. */
function requireInChain(
  { index, event }: RecordedEvent,
  previous: RecordedEvent | undefined,
  { manifest }: Exhibit,
): void {
  if (event.exhibitId !== manifest.exhibitId)
    throw fault(`index ${index}: the event is not of exhibit ${manifest.exhibitId}`);
  if (previous === undefined) return;
  if (index <= previous.index) throw fault(`index ${index}: the event comes after one of index ${previous.index}`);
  const before = previous.event;
  if (event.chain.id !== before.chain.id) return;
  if (event.caseSeq <= before.caseSeq)
    throw fault(`index ${index}: the event is not after the one before it in its case`);
  const follows = event.caseSeq === before.caseSeq + 1;
  if (follows && event.prevCaseCommitment !== toBase64(commitmentOf(previous.salt, previous.body))) {
    throw fault(`index ${index}: the event does not name the one before it in its case`);
  }
}

function chainFaultText(gap: ChainFault): string {
  return gap.kind === 'gap'
    ? `index ${gap.index}: the exhibit's event ${gap.expectedSeq} should be here, this is number ${gap.foundSeq}: one was left out or moved`
    : `index ${gap.index}: the event does not name the one before it: one was altered or replaced`;
}

const fault = (detail: string) => new LinkFault('custody-entry', detail);
