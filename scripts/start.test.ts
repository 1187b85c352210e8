// `npm start` as people meet it: a process of its own, on a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { formatSigningKey } from '#domain/merkle';
import { temporaryFolder } from '../test/support/temporary-folder.js';
import { freePorts } from './services/free-ports.js';

const verb = resolve(import.meta.dirname, 'verbs', 'start.mjs');
const LOG_KEY = formatSigningKey('a.example/log', 'ed25519', new Uint8Array(32).fill(3));
const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

interface Start {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly ended: Promise<number | string>;
}

function start(folder: string, environment: Record<string, string> = {}): Start {
  const child = spawn(process.execPath, [verb], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, AMANA_FOLDER: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (text += piece.toString()));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, said: () => text, ended };
}

async function untilSaid({ child, said }: Start, what: string | RegExp): Promise<void> {
  while (said().search(what) === -1) {
    if (child.exitCode !== null) throw new Error(`npm start ended:\n${said()}`);
    await delay(20);
  }
}

interface Endpoints {
  readonly portal: string;
  readonly api: string;
  readonly operations: string;
  readonly logOrigin: string;
}

const endpointsOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'endpoints.json'), 'utf8')) as Endpoints;

/** Everything that runs and was started for this folder: its processes name it, or are its children. */
function runningFor(folder: string, parent: number | undefined): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const ours = command.includes(folder) || Number(ppid) === parent;
        return state !== 'Z' && ours && !command.includes('leash') ? [{ pid: Number(name), command }] : [];
      } catch {
        return [];
      }
    });
}

const pidOf = (app: string, { child }: Start) =>
  runningFor('//', child.pid).find(({ command }) => command.includes(`apps/${app}/main.js`))?.pid;

async function untilNothingRuns(folder: string, pids: readonly number[]): Promise<void> {
  const alive = () => [
    ...runningFor(folder, undefined),
    ...pids.filter((pid) => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))),
  ];
  while (alive().length > 0) await delay(50);
}

describe('npm start', () => {
  it('takes what the environment says, is one a folder, starts again what dies, and leaves nothing when it ends', async () => {
    const folder = temporaryFolder('start');
    const [port = 0] = await freePorts(1);
    const origin = join(folder, 'origin');
    writeFileSync(origin, 'custody.example/log/start\n');
    const environment = {
      AMANA_PORT: String(port),
      AMANA_PUBLIC_URL: 'https://amana.example/',
      AMANA_LOG_ORIGIN_FILE: origin,
    };
    const first = start(folder, environment);
    await untilSaid(first, 'Ctrl-C stops');
    expect(endpointsOf(folder)).toMatchObject({
      portal: 'https://amana.example',
      api: `http://127.0.0.1:${port}/v1`,
      logOrigin: 'custody.example/log/start',
    });
    expect(first.said()).toContain('portal   https://amana.example/');
    expect(first.said()).toMatch(/password demo-/);
    const about = (await (await fetch(`http://127.0.0.1:${port}/v1`)).json()) as object;
    expect(about).toMatchObject({ publicUrl: 'https://amana.example', logOrigin: 'custody.example/log/start' });

    const second = start(folder, environment);
    expect(await second.ended).toBe(1);
    expect(second.said()).toBe(
      `npm start: Amana already runs in ${folder} (process ${first.child.pid}), at https://amana.example\n`,
    );

    const worker = pidOf('worker', first) ?? 0;
    process.kill(worker, 'SIGKILL');
    await untilSaid(first, 'the worker ended with SIGKILL; it is started again');
    while ((pidOf('worker', first) ?? worker) === worker) await delay(20);

    const children = runningFor(folder, first.child.pid).map(({ pid }) => pid);
    expect(children.length).toBeGreaterThanOrEqual(4);
    first.child.kill('SIGKILL');
    await first.ended;

    const third = start(folder, environment);
    await untilSaid(third, 'Ctrl-C stops');
    const all = runningFor(folder, third.child.pid).map(({ pid }) => pid);
    const asked = performance.now();
    third.child.kill('SIGINT');
    expect(await third.ended).toBe(0);
    expect(performance.now() - asked).toBeLessThan(10_000);
    await untilNothingRuns(folder, [...children, ...all]);
    expect(existsSync(join(folder, 'endpoints.json'))).toBe(false);
    expect(existsSync(join(folder, 'start.lock'))).toBe(false);
  }, 120_000);

  it('stops everything, with one line of why, when a part does not stay up', async () => {
    const folder = temporaryFolder('start');
    const running = start(folder);
    await untilSaid(running, 'Ctrl-C stops');
    const children = runningFor(folder, running.child.pid).map(({ pid }) => pid);
    let killed = 0;
    const killing = setInterval(() => {
      const pid = pidOf('worker', running);
      if (pid === undefined || pid === killed) return;
      killed = pid;
      process.kill(pid, 'SIGKILL');
    }, 20);
    const code = await running.ended;
    clearInterval(killing);
    expect(code).toBe(1);
    expect(running.said()).toMatch(
      /npm start: the worker ended 6 times within 60 s, last with SIGKILL; everything is stopped/,
    );
    await untilNothingRuns(folder, children);
  }, 120_000);

  it('is stopped while it comes up, and leaves nothing', async () => {
    const folder = temporaryFolder('start');
    const running = start(folder);
    while (!runningFor(folder, running.child.pid).some(({ command }) => command.includes('bin/postgres')))
      await delay(5);
    const children = runningFor(folder, running.child.pid).map(({ pid }) => pid);
    running.child.kill('SIGINT');
    expect(await running.ended).toBe(130);
    await untilNothingRuns(folder, children);
  }, 60_000);

  it.each<[string, Record<string, string>, string]>([
    ['a port that is none', { AMANA_PORT: '70000' }, 'AMANA_PORT'],
    ['a secret that cannot be read', { AMANA_LOG_KEY_FILE: '/nonexistent' }, 'AMANA_LOG_KEY_FILE: cannot be read'],
    [
      'a log key of another log',
      { AMANA_LOG_ORIGIN: 'other.example/log', AMANA_LOG_KEY: LOG_KEY },
      'is of a.example/log',
    ],
  ])('does not start on %s', async (_, environment, why) => {
    const running = start(temporaryFolder('start'), environment);
    expect(await running.ended).toBe(1);
    expect(running.said()).toContain(why);
  });
});
