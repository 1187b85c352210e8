import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { parseVerifierKey } from '#domain/merkle';
import { fsck, logFolder, LogStore } from '#server/custody';
import { Database } from '#server/database';
import { storeFrom } from '#server/storage';
import { runCommand } from '../platform/command.js';
import type { Platform } from '../platform/launch.js';
import { withRecorder } from './custody-events.js';
import { measuredEvent, oneOf, openCases } from './event.js';
import { type Comparison, inTurn, residentMiB, rounded, seconds } from './measure.js';
import { makeNoise } from './transfers.js';

const EVENTS = Number(process.env.AMANA_BENCH_EVENTS ?? 1_000_000);
const CASES = 1000;
const BATCH = 1000;
const RUNS = 3;
/** Of an entry in the store: its hash in the tiles, and itself with its length in a bundle. */
const STORED_BYTES = 32 * (1 + 1 / 255) + 50;

/** P7, the other half: everything recomputed, salt and body up to the signed root, against `sha256sum` of as many bytes. */
export async function benchFsck(platform: Platform): Promise<Comparison> {
  await recordEvents(platform);
  const source = await new DataSource({ type: 'postgres', url: platform.database.workerUrl, poolSize: 4 }).initialize();
  const store = await storeFrom(platform.store);
  const same = join(platform.folder, 'as-many-bytes');
  try {
    const database = new Database(source);
    const size = await allPublished(database);
    const [row] = await database.query<{ bytes: string }>(
      'SELECT sum(length(body) + length(salt)) AS bytes FROM amana.custody_event',
    );
    const bytes = Math.round(Number(row?.bytes ?? 0) + size * STORED_BYTES);
    await makeNoise(same, bytes);
    let peak = 0;
    const parts = {
      database,
      store: new LogStore(store, await logFolder(database)),
      key: parseVerifierKey(platform.logVerifierKey),
    };
    const { ours, theirs } = await inTurn(
      RUNS,
      () =>
        seconds(async () => {
          const watch = setInterval(() => (peak = Math.max(peak, residentMiB(process.pid))), 200);
          const report = await fsck(parts).finally(() => {
            clearInterval(watch);
          });
          if (!report.ok) throw new Error(`fsck found ${JSON.stringify(report.faults[0])}`);
        }),
      () =>
        seconds(async () => {
          const { code, stderr } = await runCommand('sha256sum', [same], { PATH: process.env.PATH });
          if (code !== 0) throw new Error(`sha256sum ended with ${String(code)}: ${stderr}`);
        }),
    );
    return {
      id: 'P7f',
      work: `fsck of ${size} events`,
      peer: 'sha256sum of as many bytes',
      unit: 's',
      ratio: rounded(theirs.median / ours.median),
      reach: 0.25,
      ours,
      theirs,
      detail: {
        mebibytes: rounded(bytes / 2 ** 20),
        eventsPerSecond: rounded(size / ours.median),
        peakMiB: rounded(peak),
      },
    };
  } finally {
    rmSync(same, { force: true });
    await store.close();
    await source.destroy();
  }
}

async function recordEvents(platform: Platform): Promise<void> {
  const cases = openCases(CASES);
  await withRecorder(platform, async (_, database, custody) => {
    for (let from = 0; from < EVENTS; from += BATCH) {
      const count = Math.min(BATCH, EVENTS - from);
      const entries = Array.from({ length: count }, (_, at) => measuredEvent(oneOf(cases, from + at)));
      await database.asPlatform((tx) => custody.append(tx, entries));
    }
  });
}

/** Waits until a head covers every event there is; its size. */
async function allPublished(database: Database): Promise<number> {
  for (;;) {
    const [row] = await database.query<{ published: string; left: string }>(
      `SELECT (SELECT max(size) FROM amana.log_checkpoint) AS published,
         (SELECT count(*) FROM amana.log_pending) + (SELECT size FROM amana.log_state) AS left`,
    );
    if (row && Number(row.published) >= Number(row.left)) return Number(row.published);
    await delay(200);
  }
}
