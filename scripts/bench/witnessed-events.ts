import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Platform } from '../platform/launch.js';
import { withRecorder } from './custody-events.js';
import { measuredEvent, oneOf, openCases } from './event.js';
import { type Comparison, percentile, rounded } from './measure.js';

const EVENTS_PER_SECOND = 1000;
const SECONDS = 15;
const REACH_SECONDS = 2;
const LOOK_EVERY_MS = 10;

interface Look {
  readonly at: number;
  readonly size: number;
}

/** From the moment that an event is asked for until the platform's quorum of two witnesses has cosigned a head over it. */
export async function benchWitnessed(platform: Platform): Promise<Comparison> {
  const worker = new pg.Client({ connectionString: platform.database.workerUrl });
  await worker.connect();
  try {
    const began = await withRecorder(platform, async (recorder) => {
      const looks = lookUntil(worker, () => asked.length >= EVENTS_PER_SECOND * SECONDS);
      const asked: { readonly at: number; readonly id: string }[] = [];
      const cases = openCases(64);
      const record = async (number: number) => {
        const at = performance.now();
        const { id } = await recorder.record(measuredEvent(oneOf(cases, number)));
        asked.push({ at, id });
      };
      const first = performance.now();
      const all: Promise<void>[] = [];
      for (let number = 0; number < EVENTS_PER_SECOND * SECONDS; number += 1) {
        const due = first + (number * 1000) / EVENTS_PER_SECOND;
        if (due > performance.now()) await delay(due - performance.now());
        all.push(record(number));
      }
      await Promise.all(all);
      return { asked, looks: await looks };
    });
    const seconds = await secondsOf(worker, began);
    const p99 = percentile(seconds, 0.99);
    const [least, most] = [percentile(seconds, 0), percentile(seconds, 1 - 1e-9)];
    return {
      id: 'P3c',
      work: `seconds (p99) from event to two cosignatures, at ${EVENTS_PER_SECOND} events a second`,
      peer: `${REACH_SECONDS} s`,
      unit: 's',
      ratio: rounded(REACH_SECONDS / p99),
      reach: 1,
      ours: { median: p99, min: least, max: most, runs: 1 },
      theirs: { median: REACH_SECONDS, min: REACH_SECONDS, max: REACH_SECONDS, runs: 1 },
      detail: { medianSeconds: percentile(seconds, 0.5), events: seconds.length },
    };
  } finally {
    await worker.end();
  }
}

/** The size that is witnessed, looked at often, until all events were asked for and what is committed then is witnessed. */
async function lookUntil(worker: pg.Client, isDone: () => boolean): Promise<Look[]> {
  const looks: Look[] = [];
  let goal = Infinity;
  for (;;) {
    const { rows } = await worker.query<{ witnessed: string | null; committed: string; waiting: boolean }>(
      `SELECT (SELECT size FROM amana.log_witnessed) AS witnessed, (SELECT size FROM amana.log_state) AS committed,
         EXISTS (SELECT FROM amana.log_pending) AS waiting`,
    );
    const [row] = rows;
    if (!row) throw new Error('the log has no state');
    looks.push({ at: performance.now(), size: Number(row.witnessed ?? 0) });
    if (isDone() && !row.waiting && goal === Infinity) goal = Number(row.committed);
    if (Number(row.witnessed ?? 0) >= goal) return looks;
    await delay(LOOK_EVERY_MS);
  }
}

async function secondsOf(
  worker: pg.Client,
  { asked, looks }: { asked: readonly { at: number; id: string }[]; looks: readonly Look[] },
): Promise<number[]> {
  const { rows } = await worker.query<{ event_id: string; log_index: string }>(
    'SELECT event_id, log_index FROM amana.log_entry WHERE event_id = ANY ($1::uuid[])',
    [asked.map(({ id }) => id)],
  );
  const indexes = new Map(rows.map(({ event_id, log_index }) => [event_id, Number(log_index)]));
  return asked.map(({ id, at }) => {
    const index = indexes.get(id) ?? Infinity;
    const seen = looks.find(({ size }) => size > index);
    if (!seen) throw new Error(`event ${id} was not witnessed`);
    return (seen.at - at) / 1000;
  });
}
