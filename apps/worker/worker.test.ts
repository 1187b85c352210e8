import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { statementIn, newCase } from '../../test/support/custody.js';
import { openWorld, type TestWorld } from '../../test/support/api.js';
import { openDatabase } from '../../test/support/database.js';
import { spawnWorker, untilReady } from '../../test/support/worker.js';
import { Custody } from '#server/custody';

let world: TestWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.end());

async function append(count: number): Promise<void> {
  const { database, close } = await openDatabase(world.database.appUrl, 1);
  const caseId = newCase();
  const entries = Array.from({ length: count }, () => ({ statement: statementIn(caseId), visibleTo: [] }));
  await database.asPlatform((tx) => new Custody().append(tx, entries));
  await close();
}

const publishedSize = async () => {
  const [row] = await world.query<{ size: string | null }>('SELECT max(size) AS size FROM amana.log_checkpoint');
  return Number(row?.size ?? 0);
};

describe('the worker', () => {
  it('says that it lives, that it is ready, and how far the log is; and ends when told to', async () => {
    const worker = await spawnWorker(world);
    await untilReady(worker);
    expect(await (await fetch(`${worker.operations}/health/live`)).json()).toEqual({ status: 'live' });
    expect(await (await fetch(`${worker.operations}/health/ready`)).json()).toEqual({
      status: 'ready',
      checks: {
        database: { state: 'up' },
        store: { state: 'up' },
        queue: { state: 'up' },
        'custody-log': { state: 'up' },
        'log-lease': { state: 'up' },
        'log-publisher': { state: 'up', detail: 'all that is recorded is published' },
      },
    });
    await append(3);
    const appended = performance.now();
    while ((await publishedSize()) < 3) await delay(20);
    // The promised second is the sequencer's and publisher's; the rest is for a machine that does much else.
    expect(performance.now() - appended).toBeLessThan(5000);
    const metrics = await (await fetch(`${worker.operations}/metrics`)).text();
    expect(metrics).toContain('amana_log_published_size 3');
    expect((await fetch(`${worker.operations}/elsewhere`)).status).toBe(404);
    expect((await fetch(`${worker.operations}/metrics`, { method: 'POST' })).status).toBe(405);
    worker.child.kill('SIGTERM');
    expect(await worker.ended).toBe('SIGTERM');
  });

  it('goes on where a killed one stopped, whatever it was doing', async () => {
    let size = 0;
    for (let round = 0; round < 3; round++) {
      const worker = await spawnWorker(world);
      await untilReady(worker);
      size += 300;
      await append(300);
      await delay(round * 150);
      worker.child.kill('SIGKILL');
      await worker.ended;
    }
    await untilReady(await spawnWorker(world));
    while ((await publishedSize()) < size) await delay(20);
  });

  it('ends with an error, and says why, when the log must not go on', async () => {
    const first = await spawnWorker(world);
    await untilReady(first);
    await append(10);
    while ((await publishedSize()) < 10) await delay(20);
    first.child.kill('SIGTERM');
    await first.ended;
    await world.query('DELETE FROM amana.log_entry WHERE log_index >= 5');
    await world.query('UPDATE amana.log_state SET size = 5');
    const second = await spawnWorker(world);
    expect(await second.ended).toBe(1);
    expect(second.said.join('')).toContain('rolled-back');
  });

  it('lets the operator recompute the record while it runs, and names what is wrong', async () => {
    await untilReady(await spawnWorker(world));
    await append(20);
    while ((await publishedSize()) < 20) await delay(20);
    const whole = await runFsck();
    expect([whole.code, whole.report]).toEqual([0, { ok: true, size: 20, erased: 0, faults: [] }]);
    await world.query(
      `UPDATE amana.custody_event SET body = body || ' ' WHERE id = (SELECT event_id FROM amana.log_entry WHERE log_index = 7)`,
    );
    const broken = await runFsck();
    expect([broken.code, broken.report]).toMatchObject([4, { ok: false, faults: [{ part: 'event', index: 7 }] }]);
  });

  async function runFsck(): Promise<{ code: unknown; report: unknown }> {
    const child = spawn(process.execPath, ['dist/apps/worker/fsck.js'], {
      env: { PATH: process.env.PATH, ...world.workerEnvironment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const printed: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => printed.push(piece));
    const [code] = (await once(child, 'close')) as unknown[];
    return { code, report: JSON.parse(Buffer.concat(printed).toString('utf8')) };
  }

  it.each([
    ['no log key', { AMANA_LOG_KEY: '' }, 'AMANA_LOG_KEY: is missing'],
    ['a log key of another name', { AMANA_LOG_ORIGIN: 'other.example/log' }, 'AMANA_LOG_KEY: is not'],
  ])('does not start with %s', async (_, environment, why) => {
    const worker = await spawnWorker(world, environment);
    expect(await worker.ended).toBe(1);
    expect(worker.said.join('')).toContain(why);
  });
});
