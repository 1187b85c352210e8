import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { formatSigningKey, formatVerifierKey, openNote, signingKey } from '#domain/merkle';
import { freePorts } from '../../scripts/services/free-ports.js';
import { openWorld, type TestWorld } from '../../test/support/api.js';
import { testLogKey } from '../../test/support/custody.js';

let world: TestWorld;
beforeEach(async () => {
  world = await openWorld();
});
afterEach(() => world.end());

const ORIGIN = testLogKey().verifier.name;
const SEED = new Uint8Array(32).fill(8);
const mlDsa = signingKey(ORIGIN, 'ml-dsa-44', SEED);
const witness = formatVerifierKey(signingKey('north.example', 'cosignature-v1', SEED).verifier);

interface Run {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

function start(program: string, args: readonly string[], environment: Record<string, string>) {
  const child = spawn(process.execPath, [`dist/apps/worker/${program}.js`, ...args], {
    env: { PATH: process.env.PATH, ...world.workerEnvironment, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (piece: Buffer) => out.push(piece));
  child.stderr.on('data', (piece: Buffer) => err.push(piece));
  const ended = once(child, 'close').then(([code]): Run => ({
    code,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  }));
  return { child, ended };
}

const run = (program: string, args: readonly string[] = [], environment: Record<string, string> = {}) =>
  start(program, args, environment).ended;

/** Runs a worker until this holds. */
async function workUntil(holds: () => Promise<boolean>, environment: Record<string, string>): Promise<void> {
  const [port] = await freePorts(1);
  const { child, ended } = start('main', [], { AMANA_OPERATIONS_PORT: String(port), ...environment });
  try {
    while (!(await holds())) {
      if (child.exitCode !== null) throw new Error(`the worker ended: ${JSON.stringify(await ended)}`);
      await delay(20);
    }
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

async function told(kind: string): Promise<{ reason: string; detail: Record<string, string> }[]> {
  const rows = await world.query<{ body: Buffer }>('SELECT body FROM amana.custody_event WHERE kind = $1', [kind]);
  return rows.map(
    ({ body }) => JSON.parse(body.toString('utf8')) as { reason: string; detail: Record<string, string> },
  );
}

async function headNote(): Promise<string | null> {
  const [row] = await world.query<{ note: string }>('SELECT note FROM amana.log_checkpoint ORDER BY size DESC LIMIT 1');
  return row?.note ?? null;
}

describe('a worker whose log has a second key', () => {
  const environment = { AMANA_LOG_MLDSA_KEY: formatSigningKey(ORIGIN, 'ml-dsa-44', SEED) };

  it('says so on the record, once, and signs from then on with both', async () => {
    await workUntil(async () => (await headNote()) !== null, environment);
    const note = Buffer.from((await headNote())!, 'utf8');
    expect(openNote(note, [testLogKey().verifier, mlDsa.verifier]).signatures).toHaveLength(2);
    const reviewed = () => world.query<{ rule: string }>(`SELECT rule FROM amana.review`);
    await workUntil(async () => (await reviewed()).length > 0, environment);
    expect(await reviewed()).toEqual([{ rule: 'log-keepers-changed' }]);
    const events = await told('log-key-added');
    expect(events).toMatchObject([{ detail: { origin: ORIGIN, verifierKey: formatVerifierKey(mlDsa.verifier) } }]);
  }, 60_000);

  it.each([
    ['of another log', formatSigningKey('other.example/log', 'ml-dsa-44', SEED)],
    ['of another type', formatSigningKey(ORIGIN, 'ed25519', SEED)],
    ['spoilt', `${formatSigningKey(ORIGIN, 'ml-dsa-44', SEED)}x`],
  ])('does not start when that is %s, and tells no key', async (_, key) => {
    const { code, stdout, stderr } = await run('main', [], { AMANA_LOG_MLDSA_KEY: key, AMANA_OPERATIONS_PORT: '0' });
    expect([code, (stdout + stderr).includes('AMANA_LOG_MLDSA_KEY: is not')]).toEqual([1, true]);
    expect(stdout + stderr).not.toContain(key.slice(-20));
  });
});

describe("the operator's command for witnesses", () => {
  it('adds, lists and retires, each change on the record', async () => {
    const added = await run('witnesses', ['add', witness, 'https://north.example', '--reason', 'agreed']);
    expect([added.code, added.stderr, JSON.parse(added.stdout)]).toEqual([0, '', { changed: true }]);
    const listed = await run('witnesses', ['list']);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'north.example', verifierKey: witness, retiredAt: null }]);
    const retired = await run('witnesses', ['retire', 'north.example', '--reason', 'its state has left']);
    expect(JSON.parse(retired.stdout)).toEqual({ retired: [witness] });
    expect((await told('witness-added')).map(({ reason }) => reason)).toEqual([
      'north.example is to cosign the log: agreed',
    ]);
    expect(await told('witness-retired')).toHaveLength(1);
    const again = await run('witnesses', ['retire', 'north.example', '--reason', 'again']);
    expect([again.code, again.stderr]).toEqual([2, 'no witness that counts is called north.example\n']);
  }, 60_000);

  it.each([
    ['http://127.1:7000', {}],
    ['http://localhost:7000', {}],
    ['http://[::ffff:169.254.169.254]/', {}],
    ['http://10.2.0.1/', { AMANA_WITNESS_NETWORKS: '10.1.0.0/16' }],
  ])('refuses a witness at %s', async (url, environment: Record<string, string>) => {
    const refused = await run('witnesses', ['add', witness, url, '--reason', 'x'], environment);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('internal address')]);
    expect(await told('witness-added')).toEqual([]);
  });

  it('takes one on an internal network that the operator names', async () => {
    const environment = { AMANA_WITNESS_NETWORKS: '10.1.0.0/16' };
    const added = await run('witnesses', ['add', witness, 'http://10.1.0.1/', '--reason', 'x'], environment);
    expect([added.code, added.stderr]).toEqual([0, '']);
  });

  it.each([
    [[]],
    [['add', witness, 'https://north.example']],
    [['add', witness, '--reason', 'x']],
    [['add', witness, 'https://north.example', 'more', '--reason', 'x']],
    [['retire', '--reason', 'x']],
    [['list', 'more']],
    [['retire', 'north.example', '--reason', ' ']],
    [['add', witness, 'https://north.example', '--reason', 'x', '--force']],
  ])('tells how it is used when it is called with %p', async (args) => {
    const { code, stdout, stderr } = await run('witnesses', args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });

  it('does not let a worker start that is told to ask an internal address', async () => {
    const environment = { AMANA_WITNESSES: `${witness} http://127.0.0.1:1`, AMANA_OPERATIONS_PORT: '0' };
    const { code, stdout, stderr } = await run('main', [], environment);
    expect([code, (stdout + stderr).includes('AMANA_WITNESSES: 127.0.0.1 is an internal address')]).toEqual([1, true]);
  });
});
