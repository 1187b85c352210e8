import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Custody, CustodyRecorder } from '#server/custody';
import { Database } from '#server/database';
import { runCommand } from '../platform/command.js';
import type { Platform } from '../platform/launch.js';
import { measuredEvent, oneOf, openCases } from './event.js';
import { type Comparison, inTurn, percentile, rounded, spreadOf } from './measure.js';

const CLIENTS = 256;
const SECONDS = 8;
const RUNS = 3;

/** What a platform takes custody events through, in this process, under the API's own role. */
export async function withRecorder<Result>(
  { database }: Platform,
  work: (recorder: CustodyRecorder, under: Database, custody: Custody) => Promise<Result>,
): Promise<Result> {
  const source = await new DataSource({
    type: 'postgres',
    url: database.apiUrl,
    poolSize: 16,
    synchronize: false,
  }).initialize();
  const [under, custody] = [new Database(source), new Custody()];
  try {
    return await work(new CustodyRecorder(under, custody), under, custody);
  } finally {
    await source.destroy();
  }
}

/** P3: durable custody events, in the tree within a second, by 256 clients, against pgbench's single-row insert commits on the same server. */
export async function benchCustodyEvents(platform: Platform): Promise<Comparison> {
  const latencies: number[] = [];
  const lags: number[] = [];
  return withRecorder(platform, async (recorder) => {
    const { ours, theirs } = await inTurn(
      RUNS,
      async () => {
        const rate = await recordFor(SECONDS, recorder, latencies);
        lags.push(await secondsUntilAllInTree(platform.database.workerUrl));
        return rate;
      },
      () => pgbench(platform),
    );
    return {
      id: 'P3',
      work: `durable custody events by ${CLIENTS} clients, in the tree at most a second later`,
      peer: 'pgbench, single-row INSERT commits, same server and settings',
      unit: '/s',
      ratio: rounded(ours.median / theirs.median),
      reach: 0.5,
      ours,
      theirs,
      detail: { p99Milliseconds: percentile(latencies, 0.99), secondsUntilAllInTree: spreadOf(lags).max },
    };
  });
}

/** P3w: the same with two witnesses and a timestamp authority at work, against the platform without them. */
export async function benchWitnessedRate(withThem: Platform, without: Platform): Promise<Comparison> {
  const latencies: number[] = [];
  const rateOf = (platform: Platform, into: number[]) =>
    withRecorder(platform, async (recorder) => {
      const rate = await recordFor(SECONDS, recorder, into);
      await secondsUntilAllInTree(platform.database.workerUrl);
      return rate;
    });
  const { ours, theirs } = await inTurn(
    RUNS,
    () => rateOf(withThem, latencies),
    () => rateOf(without, []),
  );
  return {
    id: 'P3w',
    work: `durable custody events by ${CLIENTS} clients, with two witnesses and timestamps`,
    peer: 'the same without witnesses and timestamps',
    unit: '/s',
    ratio: rounded(ours.median / theirs.median),
    reach: 0.8,
    ours,
    theirs,
    detail: { p99Milliseconds: percentile(latencies, 0.99) },
  };
}

/** Events a second, each durable before its client sends the next. Sixty-four cases, as many offices would have open at once. */
async function recordFor(duration: number, recorder: CustodyRecorder, latencies: number[]): Promise<number> {
  const cases = openCases(64);
  const until = performance.now() + duration * 1000;
  let recorded = 0;
  const client = async (number: number) => {
    while (performance.now() < until) {
      const began = performance.now();
      await recorder.record(measuredEvent(oneOf(cases, number)));
      latencies.push(performance.now() - began);
      recorded += 1;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  return recorded / ((performance.now() - began) / 1000);
}

async function secondsUntilAllInTree(workerUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: workerUrl });
  await client.connect();
  const began = performance.now();
  try {
    for (;;) {
      const { rows } = await client.query<{ waiting: boolean }>(
        `SELECT EXISTS (SELECT FROM amana.log_pending) AS waiting`,
      );
      if (!rows[0]?.waiting) return (performance.now() - began) / 1000;
      await delay(20);
    }
  } finally {
    await client.end();
  }
}

async function pgbench({ folder, database }: Platform): Promise<number> {
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await owner.query(
    `CREATE TABLE IF NOT EXISTS bench_row (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL)`,
  );
  await owner.query(`TRUNCATE bench_row`);
  await owner.end();
  const script = join(folder, 'insert.sql');
  writeFileSync(script, `INSERT INTO bench_row (body) VALUES (repeat('x', 600));\n`);
  const url = new URL(database.ownerUrl);
  const { code, stdout, stderr } = await runCommand(
    'pgbench',
    [
      '-n',
      '-M',
      'prepared',
      '-c',
      String(CLIENTS),
      '-j',
      '2',
      '-T',
      String(SECONDS),
      '-f',
      script,
      '-h',
      url.hostname,
      '-p',
      url.port,
      '-U',
      url.username,
      url.pathname.slice(1),
    ],
    { PATH: process.env.PATH, PGPASSWORD: decodeURIComponent(url.password) },
  );
  const rate = /^tps = ([\d.]+) \(without initial connection time\)/m.exec(stdout)?.[1];
  if (code !== 0 || rate === undefined) throw new Error(`pgbench ended with ${String(code)}: ${stderr}`);
  return Number(rate);
}
