import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readPemCertificates, verifyTimestamp } from '#domain/time';
import { Custody } from '#server/custody';
import { freePorts } from '../../scripts/services/free-ports.js';
import { newCase, statementIn } from '../../test/support/custody.js';
import { openWorld, type TestWorld } from '../../test/support/api.js';
import { openDatabase } from '../../test/support/database.js';
import { temporaryFolder } from '../../test/support/temporary-folder.js';

let world: TestWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.end());

function run(program: string, environment: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [`dist/apps/${program}/main.js`], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  world.atEnd.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

async function startTsa(folder: string, port: number): Promise<ChildProcess> {
  const child = run('tsa', { AMANA_TSA_FOLDER: folder, AMANA_TSA_PORT: String(port) });
  for await (const line of createInterface({ input: child.stdout! })) if (line.endsWith('ready')) return child;
  throw new Error('the authority did not start');
}

async function append(count: number): Promise<void> {
  const { database, close } = await openDatabase(world.database.appUrl, 1);
  const caseId = newCase();
  const entries = Array.from({ length: count }, () => ({ statement: statementIn(caseId), visibleTo: [] }));
  await database.asPlatform((tx) => new Custody().append(tx, entries));
  await close();
}

const stamped = () =>
  world.query<{ size: string; note: string; token: Buffer }>(
    'SELECT size, note, token FROM amana.log_timestamp ORDER BY size',
  );
const publishedSize = async () => {
  const [row] = await world.query<{ size: string | null }>('SELECT max(size) AS size FROM amana.log_checkpoint');
  return Number(row?.size ?? 0);
};

describe('a worker with a timestamp authority', () => {
  it('has heads stamped, does not wait for an authority that is away, and catches up', async () => {
    const folder = temporaryFolder('tsa');
    const [port] = await freePorts(1);
    const tsa = await startTsa(folder, port!);
    const worker = run('worker', {
      ...world.workerEnvironment,
      AMANA_TSA_URL: `http://127.0.0.1:${port}/`,
      AMANA_TSA_ROOTS_FILE: join(folder, 'root.pem'),
      AMANA_TSA_EVERY: '1',
    });
    worker.stdout!.resume();
    worker.stderr!.resume();
    await append(3);
    while ((await stamped()).length === 0) await delay(50);
    const [first] = await stamped();
    const roots = readPemCertificates(readFileSync(join(folder, 'root.pem'), 'utf8'));
    await verifyTimestamp(first!.token, { bytes: Buffer.from(first!.note), roots });

    tsa.kill('SIGKILL');
    await once(tsa, 'exit');
    await append(4);
    while ((await publishedSize()) < 7) await delay(50);
    expect((await stamped()).at(-1)?.size).toBe(first!.size);
    await startTsa(folder, port!);
    while ((await stamped()).at(-1)?.size !== '7') await delay(50);
  });

  it('puts an authority whose certificate is not the pinned one on the record, once, for auditors to look at', async () => {
    const [pinned, other] = [temporaryFolder('tsa-pinned'), temporaryFolder('tsa-other')];
    const [port, otherPort] = await freePorts(2);
    (await startTsa(pinned, port!)).kill('SIGKILL');
    await startTsa(other, otherPort!);
    const worker = run('worker', {
      ...world.workerEnvironment,
      AMANA_TSA_URL: `http://127.0.0.1:${otherPort}/`,
      AMANA_TSA_ROOTS_FILE: join(pinned, 'root.pem'),
      AMANA_TSA_EVERY: '1',
    });
    worker.stderr!.resume();
    const alarms: string[] = [];
    worker.stdout!.on('data', (text: Buffer) => alarms.push(...(text.toString().match(/alarm: untrusted/g) ?? [])));
    await append(3);
    while (alarms.length < 3) await delay(50);
    const events = await world.query<{ body: Buffer }>(
      `SELECT body FROM amana.custody_event WHERE kind = 'timestamp-refused'`,
    );
    expect(events.map(({ body }) => JSON.parse(body.toString('utf8')))).toMatchObject([
      {
        chain: { kind: 'platform' },
        result: 'failed',
        detail: { code: 'untrusted' },
        reason: expect.stringMatching(/^a timestamp was refused: /),
      },
    ]);
    const reviews = () =>
      world.query<{ rule: string }>(`SELECT rule FROM amana.review WHERE event_kind = 'timestamp-refused'`);
    while ((await reviews()).length === 0) await delay(50);
    expect(await reviews()).toEqual([{ rule: 'failed-check' }]);
    expect(await stamped()).toEqual([]);
  }, 60_000);

  it('does not start without the roots that tokens must lead to', async () => {
    const worker = run('worker', { ...world.workerEnvironment, AMANA_TSA_URL: 'http://127.0.0.1:9/' });
    const said: string[] = [];
    for (const stream of [worker.stdout!, worker.stderr!])
      stream.on('data', (text: Buffer) => said.push(text.toString()));
    await once(worker, 'exit');
    expect([worker.exitCode, said.join('')]).toEqual([1, expect.stringContaining('AMANA_TSA_ROOTS: is missing')]);
  });
});
