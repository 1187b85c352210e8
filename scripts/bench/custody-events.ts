import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { AgencyId, CaseId } from '#domain/evidence';
import { Custody, CustodyRecorder } from '#server/custody';
import { Database } from '#server/database';
import { runCommand } from '../platform/command.js';
import type { Platform } from '../platform/launch.js';
import { type Comparison, inTurn, rounded, spreadOf } from './measure.js';

const CLIENTS = 256;
const SECONDS = 8;
const RUNS = 3;

/** P3: durable custody events, in the tree within a second, by 256 clients, against pgbench's single-row insert commits on the same server. */
export async function benchCustodyEvents(platform: Platform): Promise<Comparison> {
  const source = await new DataSource({
    type: 'postgres',
    url: platform.database.apiUrl,
    poolSize: 16,
    synchronize: false,
  }).initialize();
  const recorder = new CustodyRecorder(new Database(source), new Custody());
  const latencies: number[] = [];
  const lags: number[] = [];
  try {
    const { ours, theirs } = await inTurn(
      RUNS,
      async () => {
        const rate = await recordFor(SECONDS, recorder, latencies);
        lags.push(await secondsUntilAllInTree(platform.database.workerUrl));
        return rate;
      },
      () => pgbench(platform),
    );
    const p99 = [...latencies].sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)] ?? 0;
    return {
      id: 'P3',
      work: `durable custody events by ${CLIENTS} clients, in the tree at most a second later`,
      peer: 'pgbench, single-row INSERT commits, same server and settings',
      unit: '/s',
      ratio: rounded(ours.median / theirs.median),
      reach: 0.5,
      ours,
      theirs,
      detail: { p99Milliseconds: rounded(p99), secondsUntilAllInTree: spreadOf(lags).max },
    };
  } finally {
    await source.destroy();
  }
}

/** Events a second, each durable before its client sends the next. Sixty-four cases, as many offices would have open at once. */
async function recordFor(duration: number, recorder: CustodyRecorder, latencies: number[]): Promise<number> {
  const agencyId = AgencyId.parse(randomUUID());
  const cases = Array.from({ length: 64 }, () => CaseId.parse(randomUUID()));
  const until = performance.now() + duration * 1000;
  let recorded = 0;
  const client = async (number: number) => {
    while (performance.now() < until) {
      const began = performance.now();
      await recorder.record({
        visibleTo: [agencyId],
        statement: {
          kind: 'record-read',
          chain: { kind: 'case', id: cases[number % cases.length] ?? CaseId.parse(randomUUID()) },
          actor: { kind: 'platform', component: 'api' },
          purpose: 'measurement',
          result: 'done',
        },
      });
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
