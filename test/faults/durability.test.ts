// What the kernel saw: bytes and record are flushed to disk before the answer that acknowledges them is written.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../scripts/services/embedded-postgres.js';
import { type ApiProcess, openWorld, spawnApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import { requires } from '../support/requires.js';
import { partsOf, sampleExhibit } from '../support/sample-exhibit.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const FILES = 10;
const STRACE = 'strace';

/** A system call that has returned, in seconds since 1970. */
interface Call {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
  readonly text: string;
}

/** Follows a process, its threads and its children, from when the promise resolves. */
class Trace {
  private constructor(
    private readonly strace: ChildProcess,
    private readonly file: string,
  ) {}

  static async of(pids: readonly number[], calls: string, file: string): Promise<Trace> {
    const attach = pids.flatMap((pid) => ['-p', String(pid)]);
    const strace = spawn(
      STRACE,
      ['-f', '-ttt', '-T', '-y', '-s', '32', '-e', `trace=${calls}`, '-o', file, ...attach],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let said = '';
    strace.stderr.on('data', (text: Buffer) => (said += text.toString()));
    const attached = () => (said.match(/attached/g) ?? []).length >= pids.length;
    while (!attached()) {
      if (strace.exitCode !== null) throw new Error(`strace ended: ${said}`);
      await delay(20);
    }
    return new Trace(strace, file);
  }

  async stop(): Promise<Call[]> {
    const ended = once(this.strace, 'exit');
    this.strace.kill('SIGINT');
    await ended;
    return parse(readFileSync(this.file, 'utf8'));
  }
}

/** Calls that were interrupted by another thread's are put together again. */
function parse(text: string): Call[] {
  const begun = new Map<string, { begin: number; text: string }>();
  return text.split('\n').flatMap((line): Call[] => {
    const [, thread = '', time = '', rest = ''] = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line) ?? [];
    const begin = Number(time);
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(thread, { begin, text: rest });
      return [];
    }
    const resumed = rest.startsWith('<...') ? begun.get(thread) : undefined;
    const [, tookSeconds] = /<(\d+\.\d+)>$/.exec(rest) ?? [];
    const whole = resumed ? `${resumed.text}${rest}` : rest;
    const [, name = ''] = /^(\w+)\(/.exec(whole) ?? [];
    if (name === '' || tookSeconds === undefined) return [];
    const from = resumed?.begin ?? begin;
    return [{ name, begin: from, end: from + Number(tookSeconds), text: whole }];
  });
}

/** The postmaster and its sessions. */
function familyOf(pid: number): number[] {
  const children = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]) === pid;
    } catch {
      return false;
    }
  });
  return [pid, ...children.map(Number)];
}

requires(STRACE)('an acknowledgement', () => {
  const folder = temporaryFolder('durability');
  let server: EmbeddedPostgres;
  let world: TestWorld;
  let api: ApiProcess;
  let client: ApiClient;
  beforeAll(async () => {
    server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: true });
    world = await openWorld({ server: server.superuserUrl });
    api = await spawnApi(world);
    client = await api.as(world.directory.tripoli.investigator);
  }, 60_000);
  afterAll(async () => {
    await world.end();
    await server.stop();
  }, 60_000);

  it('of a file comes after its bytes, its part and its record are on disk', async () => {
    // In turn what goes to the store in one piece, and what goes in parts.
    const files = Array.from({ length: FILES }, (_, at) => ({
      name: `${at}`,
      sizeBytes: at % 2 === 0 ? 70_000 : 300_000,
    }));
    const exhibit = await sampleExhibit(world.directory.tripoli.investigator, { files });
    expect((await client.post('/v1/exhibits', exhibit.registration)).status).toBe(201);
    expect((await client.post(`/v1/exhibits/${exhibit.id}/manifest`, exhibit.jws)).status).toBe(200);
    const apiTrace = await Trace.of([api.pid], 'fsync,fdatasync,write,writev', join(folder, 'api.trace'));
    const serverTrace = await Trace.of(familyOf(server.pid), 'fsync,fdatasync', join(folder, 'server.trace'));
    const windows: { from: number; until: number }[] = [];
    const now = () => (performance.timeOrigin + performance.now()) / 1000;
    for (const file of exhibit.files) {
      const from = now();
      for (const { number, bytes } of partsOf(file))
        expect((await client.putPart(file.id, number, bytes)).status).toBe(200);
      windows.push({ from, until: now() });
    }
    const calls = await apiTrace.stop();
    const flushes = (await serverTrace.stop()).filter(({ text }) => text.includes('pg_wal'));
    for (const [at, { from, until }] of windows.entries()) {
      const inParts = at % 2 === 1;
      const answer = calls.find(
        ({ name, text, begin }) =>
          name.startsWith('write') && text.includes('HTTP/1.1 200') && begin > from && begin < until,
      );
      if (!answer) throw new Error('the answer was not seen');
      const before = (all: readonly Call[], what: RegExp) =>
        all.filter(
          ({ name, text, begin, end }) => /sync$/.test(name) && what.test(text) && begin > from && end < answer.begin,
        );
      for (const what of inParts ? [/\.data>/, /\.parts>/] : [/\/drafts\//])
        expect(before(calls, what).length).toBeGreaterThan(0);
      expect(before(flushes, /pg_wal/).length).toBeGreaterThan(0);
      // The object has its lasting name, and its folder was flushed with it.
      expect(before(calls, /\/objects\/evidence\/[^/]+\/[^/]+\/@>/).length).toBeGreaterThan(0);
    }
  }, 60_000);
});
