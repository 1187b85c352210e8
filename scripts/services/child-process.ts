import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { tieToUs } from './leash.js';
import { ServiceError } from './service-error.js';

export interface ServiceCommand {
  /** For messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** Receives what the process prints; appended to. */
  readonly logFile: string;
  /** Ready when a line of its log matches, or when the URL answers 2xx. */
  readonly ready: { readonly line: RegExp } | { readonly url: string };
  readonly readyWithinMs?: number;
  /** What asks it to stop; SIGTERM unless it knows a better one. */
  readonly stopSignal?: NodeJS.Signals;
}

export interface ServiceProcess {
  readonly pid: number;
  /** Settles when it has ended, for whatever reason: exit code or signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Asks it to stop, and kills it if it has not after `graceMs`. Nothing to do if it has ended. */
  stop(graceMs?: number): Promise<void>;
  /** kill -9, for tests of crashes. */
  kill(): Promise<void>;
}

const pollMs = 20;
const logTailCharacters = 2_000;

/**
 * Starts a server process and returns when it is ready. It has a process group of its own, so that a Ctrl-C meant for us
 * does not stop it before its clients; and it ends when we end, even by kill -9.
 * @throws ServiceError 'exited', 'not-ready', 'port-taken'
 */
export async function startProcess(command: ServiceCommand): Promise<ServiceProcess> {
  const log = openLog(command.logFile);
  const child = spawn(command.command, command.args, {
    stdio: ['ignore', log.descriptor, log.descriptor],
    detached: true,
    env: command.env ?? process.env,
    ...(command.cwd !== undefined && { cwd: command.cwd }),
    ...(command.uid !== undefined && { uid: command.uid }),
    ...(command.gid !== undefined && { gid: command.gid }),
  });
  closeSync(log.descriptor);
  const running = await follow(child, command);
  try {
    await untilReady(running, command, log.begin);
  } catch (cause) {
    await running.kill();
    throw cause;
  }
  return running;
}

function openLog(file: string): { descriptor: number; begin: number } {
  const descriptor = openSync(file, 'a', 0o600);
  return { descriptor, begin: fstatSync(descriptor).size };
}

async function follow(child: ChildProcess, command: ServiceCommand): Promise<ServiceProcess> {
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(code ?? signal ?? -1);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(new ServiceError('not-installed', `${command.name} cannot be started: ${cause.message}`));
    });
  });
  const pid = child.pid;
  if (pid === undefined) throw new ServiceError('not-installed', `${command.name} has no process id`);
  const stopSignal = command.stopSignal ?? 'SIGTERM';
  void ended.then(tieToUs(pid, stopSignal));
  return {
    pid,
    ended,
    async stop(graceMs = 20_000) {
      child.kill(stopSignal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilReady(running: ServiceProcess, command: ServiceCommand, logBegin: number): Promise<void> {
  const withinMs = command.readyWithinMs ?? 30_000;
  const deadline = performance.now() + withinMs;
  let end: number | NodeJS.Signals | undefined;
  void running.ended.then((how) => (end = how));
  while (performance.now() < deadline) {
    const printed = readFrom(command.logFile, logBegin);
    if (end !== undefined) {
      const code = /EADDRINUSE|address already in use/i.test(printed) ? 'port-taken' : 'exited';
      throw new ServiceError(code, `${command.name} ended with ${end} before it was ready${tail(printed)}`);
    }
    if ('line' in command.ready ? command.ready.line.test(printed) : await answers(command.ready.url)) return;
    await delay(pollMs);
  }
  const printed = readFrom(command.logFile, logBegin);
  throw new ServiceError('not-ready', `${command.name} was not ready within ${withinMs} ms${tail(printed)}`);
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

function readFrom(file: string, begin: number): string {
  return readFileSync(file).subarray(begin).toString('utf8');
}

function tail(printed: string): string {
  const text = printed.trim();
  return text === '' ? '' : `:\n${text.slice(-logTailCharacters)}`;
}
