import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseSigningKey, formatVerifierKey, verifySuccessor } from '#domain/merkle';
import { Custody } from '#server/custody';
import { freePorts } from '../../scripts/services/free-ports.js';
import { openWorld, type TestWorld } from '../../test/support/api.js';
import { Backup } from '../../test/support/backup.js';
import { newCase, statementIn, testLogKey } from '../../test/support/custody.js';
import { openDatabase } from '../../test/support/database.js';

let world: TestWorld;
let folder: string;
beforeEach(async () => {
  world = await openWorld();
  folder = await mkdtemp(join(tmpdir(), 'amana-recover-'));
});
afterEach(async () => {
  await world.end();
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(program: string, args: string[], environment: Record<string, string> = {}): Promise<Run> {
  const child = spawn(process.execPath, [`dist/apps/worker/${program}.js`, ...args], {
    env: {
      PATH: process.env.PATH,
      ...world.workerEnvironment,
      AMANA_DATABASE_OWNER_URL: world.database.ownerUrl,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  world.atEnd.push(async () => void child.kill('SIGKILL'));
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => err.push(piece));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

/** Runs a worker until a head over so many entries is published, then stops it. */
async function publish(size: number, environment: Record<string, string> = {}): Promise<void> {
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, ['dist/apps/worker/main.js'], {
    env: { PATH: process.env.PATH, ...world.workerEnvironment, AMANA_OPERATIONS_PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => said.push(text.toString()));
  const ended = once(child, 'exit');
  try {
    while ((await publishedSize()) < size) {
      if (child.exitCode !== null) throw new Error(`the worker ended:\n${said.join('')}`);
      await delay(20);
    }
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function publishedSize(): Promise<number> {
  const [row] = await world.query<{ size: string | null }>('SELECT max(size) AS size FROM amana.log_checkpoint');
  return Number(row?.size ?? 0);
}

async function append(count: number): Promise<void> {
  const { database, close } = await openDatabase(world.database.appUrl, 1);
  const caseId = newCase();
  const entries = Array.from({ length: count }, () => ({ statement: statementIn(caseId), visibleTo: [] }));
  await database.asPlatform((tx) => new Custody().append(tx, entries));
  await close();
}

const fsck = async (environment = {}) => {
  const { code, stdout } = await run('fsck', [], environment);
  return { code, ...(JSON.parse(stdout) as { ok: boolean; size: number; lost?: number[]; faults: unknown[] }) };
};

/** A platform with 300 entries under a head, of which a backup has 100 under a head and 50 that wait. */
async function rolledBack(): Promise<void> {
  await append(100);
  await publish(100);
  await append(50);
  const backup = await Backup.of(world.database.superuserUrl);
  await append(150);
  await publish(300);
  await backup.restore();
}

describe('a platform whose database was put back to an older state', () => {
  it('refuses to start, names both heads and both ways out, and signs nothing', async () => {
    await rolledBack();
    const worker = await run('main', [], { AMANA_OPERATIONS_PORT: '0' });
    expect(worker.code).toBe(1);
    const said = worker.stdout + worker.stderr;
    expect(said).toMatch(/rolled-back: the database has 100 entries, root [0-9a-f]{64}, but the head store holds/);
    expect(said).toMatch(/a signed head over 300 entries, root [0-9a-f]{64}/);
    expect(said).toContain('recover.js replay');
    expect(said).toContain('recover.js retire --new-origin');
    expect(await publishedSize()).toBe(100);
  }, 120_000);

  it('is recovered by a replay: the log leads to the signed head again, and the record says what is lost', async () => {
    await rolledBack();
    const replay = await run('recover', ['replay']);
    expect([replay.code, replay.stderr]).toEqual([0, '']);
    const report = JSON.parse(replay.stdout) as { from: number; to: number; restored: number; lost: number[] };
    expect(report).toMatchObject({ from: 100, to: 300, restored: 50 });
    expect(report.lost).toEqual(Array.from({ length: 150 }, (_, at) => 150 + at));
    expect(await publishedSize()).toBe(300);
    await append(20);
    // And the event of the recovery itself.
    await publish(321);
    const checked = await fsck();
    expect([checked.code, checked.faults, checked.size]).toEqual([0, [], 321]);
    expect(checked.lost).toEqual(report.lost);
    const again = await run('recover', ['replay']);
    expect(JSON.parse(again.stdout)).toMatchObject({ from: 321, to: 321, restored: 0, lost: [] });
  }, 180_000);

  it('is not recovered by a replay when the store has other bytes, and nothing is changed', async () => {
    await rolledBack();
    await world.query(`UPDATE amana.log_state SET root = sha256('x')`);
    const replay = await run('recover', ['replay']);
    expect([replay.code, replay.stdout]).toEqual([4, '']);
    expect(replay.stderr).toContain('recover.js retire');
    const [counted] = await world.query<{ count: string }>('SELECT count(*) FROM amana.log_entry');
    expect(counted?.count).toBe('100');
  }, 120_000);

  it('goes on under a successor that the old key names, which has every event that is left', async () => {
    await rolledBack();
    const keyFile = join(folder, 'log.key');
    const origin = 'custody.example/log/test-2';
    const retire = await run('recover', ['retire', '--new-origin', origin, '--key-file', keyFile]);
    expect([retire.code, retire.stderr]).toEqual([0, '']);
    const { succession, retired } = JSON.parse(retire.stdout) as { succession: string; retired: { size: number } };
    const logKey = (await readFile(keyFile, 'utf8')).trim();
    const { verifier } = parseSigningKey(logKey);
    // Who pinned the old log follows: the statement is its own, over the last head that it ever signed.
    const followed = verifySuccessor(Buffer.from(succession), [testLogKey().verifier]);
    expect([followed.origin, followed.retired.size, retired.size]).toEqual([origin, 300, 300]);
    expect(followed.keys).toEqual([verifier]);
    const environment = {
      ...{ AMANA_LOG_ORIGIN: origin, AMANA_LOG_KEY: logKey, AMANA_LOG_VERIFIER_KEY: formatVerifierKey(verifier) },
    };
    await append(5);
    await publish(156, environment);
    const checked = await fsck(environment);
    expect([checked.code, checked.faults, checked.size]).toEqual([0, [], 156]);
    const [first] = await world.query<{ body: Buffer }>(
      'SELECT body FROM amana.custody_event WHERE id = (SELECT event_id FROM amana.log_entry WHERE log_index = 0)',
    );
    expect(JSON.parse(first!.body.toString())).toMatchObject({
      kind: 'log-succeeded',
      detail: { predecessor: 'custody.example/log/test', size: 300, origin },
    });
    const old = await run('main', [], { AMANA_OPERATIONS_PORT: '0' });
    expect([old.code, (old.stdout + old.stderr).includes('retired')]).toEqual([1, true]);
  }, 180_000);

  it('is not touched while a worker holds the office', async () => {
    await append(1);
    const [port] = await freePorts(1);
    const child = spawn(process.execPath, ['dist/apps/worker/main.js'], {
      env: { PATH: process.env.PATH, ...world.workerEnvironment, AMANA_OPERATIONS_PORT: String(port) },
      stdio: 'ignore',
    });
    while ((await publishedSize()) < 1) await delay(20);
    const replay = await run('recover', ['replay']);
    child.kill('SIGKILL');
    expect([replay.code, replay.stderr]).toEqual([1, expect.stringContaining('stop every worker first')]);
  }, 120_000);

  it.each([[[]], [['retire']], [['retire', '--new-origin', 'x.example/log']], [['replay', 'more']], [['other']]])(
    'tells how it is used when it is called with %p',
    async (args) => {
      const told = await run('recover', args);
      expect([told.code, told.stderr]).toEqual([2, expect.stringContaining('usage')]);
    },
  );
});
