import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../scripts/services/free-ports.js';
import type { TestWorld } from './api.js';

export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Base of `/health/ready` and `/metrics`. */
  readonly operations: string;
  readonly said: readonly string[];
  /** Resolves with the signal that ended it, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
}

/** The worker as it runs in production: its own process, out of `dist/`, which opening a world has built. */
export async function spawnWorker(world: TestWorld, environment: Record<string, string> = {}): Promise<WorkerProcess> {
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, ['dist/apps/worker/main.js'], {
    env: { PATH: process.env.PATH, ...world.workerEnvironment, AMANA_OPERATIONS_PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => said.push(text.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as NodeJS.Signals | number);
  world.atEnd.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, pid: child.pid ?? 0, operations: `http://127.0.0.1:${port}`, said, ended };
}

/** @throws Error with what it said when it ends before */
export async function untilReady({ child, operations, said }: WorkerProcess): Promise<void> {
  for (;;) {
    const ready = await fetch(`${operations}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) return;
    if (child.exitCode !== null) throw new Error(`the worker ended:\n${said.join('')}`);
    await delay(50);
  }
}
