import { createHash, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import type { EventId } from '#domain/evidence';
import { entryOf } from '#domain/custody';
import { entryBundlePath, leafHash, RightEdge, tilePath, TILE_WIDTH } from '#domain/merkle';
import { connectLogSession, LogReader, type LogSession } from '#server/custody';
import { Database } from '#server/database';
import { storeFrom } from '#server/storage';
import type { Platform } from '../platform/launch.js';
import { withRecorder } from './custody-events.js';
import { measuredEvent, openCases } from './event.js';
import { type Comparison, percentile, residentMiB, rounded, spreadOf } from './measure.js';

const SMALL = 10_000;
const LARGE = Number(process.env.AMANA_BENCH_LOG ?? 10_000_000);
/** Real events, strewn over the log between commitments to nothing. */
const STREWN = 400;
const BATCH = 50_000;
const READS = 2000;
const READ_REACH_MS = 5;

/**
 * P7: the proof of one event in a log of ten million against that in a log of ten thousand; and reads of its tiles by HTTP. Most entries
 * are commitments to nothing, brought in as recovery brings entries back; the worker stages and publishes them as it does all others. The API's
 * role may not even read what the sequencer writes.
 */
export async function benchLargeLog(platform: Platform): Promise<Comparison[]> {
  const small = await grow(platform, SMALL);
  const inSmall = await proofTimes(platform, small);
  const large = await grow(platform, LARGE);
  const inLarge = await proofTimes(platform, large);
  const reads = await readTimes(platform, LARGE);
  const reach = { median: READ_REACH_MS, min: READ_REACH_MS, max: READ_REACH_MS, runs: 1 };
  return [
    {
      id: 'P7',
      work: `milliseconds of one event's proof in a log of ${LARGE}`,
      peer: `in a log of ${SMALL}`,
      unit: 's',
      ratio: rounded(percentile(inSmall, 0.5) / percentile(inLarge, 0.5)),
      reach: 0.5,
      ours: spreadOf(inLarge),
      theirs: spreadOf(inSmall),
      detail: {
        p99Milliseconds: percentile(inLarge, 0.99),
        workerMiB: rounded(residentMiB(platform.processes.worker.pid)),
      },
    },
    {
      id: 'P7r',
      work: `milliseconds (p99) of reads of tiles, bundles and heads by HTTP in a log of ${LARGE}`,
      peer: `${READ_REACH_MS} ms`,
      unit: 's',
      ratio: rounded(READ_REACH_MS / percentile(reads, 0.99)),
      reach: 1,
      ours: { ...spreadOf(reads), median: percentile(reads, 0.99) },
      theirs: reach,
      detail: { medianMilliseconds: percentile(reads, 0.5), apiMiB: rounded(residentMiB(platform.processes.api.pid)) },
    },
  ];
}

/** Grows the log to `size` while no worker holds office, has the worker publish it, and gives the events in it that are real. */
async function grow(platform: Platform, size: number): Promise<EventId[]> {
  await platform.processes.worker.stop();
  const events = await strewnEvents(platform);
  const session = await connectLogSession(platform.database.ownerUrl);
  try {
    await replay(session, size, events);
  } finally {
    await session.end();
  }
  await platform.restart('worker');
  await until(() => headSize(platform), size);
  return events.map(({ id }) => id);
}

interface Strewn {
  readonly id: EventId;
  readonly commitment: Uint8Array;
}

async function strewnEvents(platform: Platform): Promise<Strewn[]> {
  const [caseId] = openCases(1);
  if (!caseId) throw new RangeError('no case');
  return withRecorder(platform, (_, database, custody) =>
    database.asPlatform((tx) =>
      custody.append(
        tx,
        Array.from({ length: STREWN }, () => measuredEvent(caseId)),
      ),
    ),
  );
}

async function replay(session: LogSession, size: number, events: readonly Strewn[]): Promise<void> {
  const [taken] = await session.query<{ epoch: string }>('SELECT amana.log_take_office() AS epoch');
  const [state] = await session.query<{ size: string; edge: Buffer[] }>('SELECT size, edge FROM amana.log_state');
  const from = Number(state?.size ?? 0);
  const edge = new RightEdge(from, state?.edge ?? [], sha256);
  const every = Math.max(1, Math.floor((size - from) / events.length));
  for (let at = from; at < size;) {
    const count = Math.min(BATCH, size - at);
    const commitments = Array.from({ length: count }, (_, place) => {
      const offset = at + place - from;
      const strewn = offset % every === 0 ? events[offset / every] : undefined;
      return Buffer.from(strewn?.commitment ?? sha256(Buffer.from(`nothing ${at + place}`)));
    });
    for (const commitment of commitments) edge.append(leafHash(entryOf(commitment), sha256));
    await session.query('SELECT amana.log_replay($1, $2, $3::bytea[], $4::bytea[], $5)', [
      Number(taken?.epoch),
      at,
      commitments,
      edge.hashes.map((hash) => Buffer.from(hash)),
      Buffer.from(edge.root()),
    ]);
    at += count;
  }
}

/** Milliseconds of each proof, as the API makes it: row, tiles, verification. */
async function proofTimes(platform: Platform, events: readonly EventId[]): Promise<number[]> {
  const source = await new DataSource({ type: 'postgres', url: platform.database.apiUrl, poolSize: 4 }).initialize();
  const store = await storeFrom(platform.store);
  try {
    const reader = new LogReader(new Database(source), store);
    const times: number[] = [];
    for (const id of shuffled(events)) {
      const began = performance.now();
      if (!(await reader.proofOf(id))) throw new Error(`no head covers event ${id}`);
      times.push(performance.now() - began);
    }
    return times;
  } finally {
    await store.close();
    await source.destroy();
  }
}

/** Milliseconds of each read by HTTP, one after the other: tiles and bundles anywhere in the log, and now and then the head. */
async function readTimes(platform: Platform, size: number): Promise<number[]> {
  const full = Math.floor(size / TILE_WIDTH);
  const times: number[] = [];
  for (let read = 0; read < READS; read += 1) {
    const index = randomInt(full);
    const path =
      read % 10 === 0
        ? 'checkpoint'
        : read % 2 === 0
          ? tilePath({ level: 0, index, width: TILE_WIDTH })
          : entryBundlePath({ index, width: TILE_WIDTH });
    const began = performance.now();
    const response = await fetch(`${platform.apiUrl}/log/${path}`);
    await response.arrayBuffer();
    times.push(performance.now() - began);
    if (!response.ok) throw new Error(`${path} answers ${response.status}`);
  }
  return times;
}

async function headSize(platform: Platform): Promise<number> {
  const response = await fetch(`${platform.apiUrl}/log/checkpoint`);
  const text = await response.text();
  return response.ok ? Number(text.split('\n')[1]) : 0;
}

async function until(size: () => Promise<number>, reached: number): Promise<void> {
  while ((await size()) < reached) await delay(200);
}

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => [randomInt(2 ** 32), item] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, item]) => item);
}
