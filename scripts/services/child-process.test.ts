import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { transformFile } from '@swc/core';
import { startProcess, type ServiceCommand } from './child-process.js';
import { onFreePort } from './on-free-port.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-child-process-test-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const node = (code: string, more: Partial<ServiceCommand> = {}): ServiceCommand => ({
  name: 'the server',
  command: process.execPath,
  args: ['-e', code],
  logFile: join(folder, 'server.log'),
  ready: { line: /^ready$/m },
  readyWithinMs: 10_000,
  ...more,
});
const forever = "setInterval(() => {}, 1000); console.log('ready');";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(10);
}

describe('a service process', () => {
  it('is ready when its log says so, and stops when asked', async () => {
    const server = await startProcess(node(forever));
    expect(isAlive(server.pid)).toBe(true);
    await server.stop();
    expect(await server.ended).toBe('SIGTERM');
    expect(isAlive(server.pid)).toBe(false);
  });

  it('is ready when its address answers', async () => {
    const server = await onFreePort((port) => {
      const code = `require('http').createServer((q, r) => r.end('ok')).listen(${port}, '127.0.0.1')`;
      return startProcess(node(code, { ready: { url: `http://127.0.0.1:${port}/` } }));
    });
    await server.stop();
  });

  it('is killed when it does not stop in time', async () => {
    const server = await startProcess(node(`process.on('SIGTERM', () => {}); ${forever}`));
    await server.stop(100);
    expect(await server.ended).toBe('SIGKILL');
  });

  it('is not ready by what an earlier run left in the log', async () => {
    await writeFile(join(folder, 'server.log'), 'ready\n');
    const start = startProcess(node('process.exit(3)'));
    await expect(start).rejects.toMatchObject({
      code: 'exited',
      message: 'the server ended with 3 before it was ready',
    });
  });

  it('says what it printed when it ends before it is ready', async () => {
    const start = startProcess(node("console.error('no such disk'); process.exit(3)"));
    await expect(start).rejects.toMatchObject({ code: 'exited', message: expect.stringContaining('no such disk') });
  });

  it('is ended when it is not ready in time', async () => {
    const silent = node("setInterval(() => {}, 1000); console.log('pid ' + process.pid)", { readyWithinMs: 300 });
    await expect(startProcess(silent)).rejects.toMatchObject({ code: 'not-ready' });
    const pid = Number(/pid (\d+)/.exec(await readFile(silent.logFile, 'utf8'))?.[1]);
    expect(isAlive(pid)).toBe(false);
  });

  it('reports a command that is not there', async () => {
    const absent = { ...node(''), command: join(folder, 'absent') };
    await expect(startProcess(absent)).rejects.toMatchObject({ code: 'not-installed' });
  });

  it('is started again on another port when its own was taken meanwhile', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const takenPort = (taken.address() as { port: number }).port;
    const asked: number[] = [];
    const server = await onFreePort((port) => {
      asked.push(port);
      const bind = asked.length === 1 ? takenPort : port;
      return startProcess(node(`require('net').createServer().listen(${bind}, '127.0.0.1', () => { ${forever} })`));
    });
    expect(asked).toHaveLength(2);
    await server.stop();
    taken.close();
  });

  it('ends when the process that started it is killed with -9', async () => {
    for (const name of ['child-process', 'leash', 'service-error']) {
      const { code } = await transformFile(join(import.meta.dirname, `${name}.ts`), { jsc: { target: 'es2022' } });
      await writeFile(join(folder, `${name}.js`), code);
    }
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const launcher = `import { startProcess } from './child-process.js';
      const command = ${JSON.stringify({ ...node(forever), ready: {} })};
      const server = await startProcess({ ...command, ready: { line: /^ready$/m } });
      console.log(server.pid);`;
    await writeFile(join(folder, 'launcher.js'), launcher);
    const parent = spawn(process.execPath, [join(folder, 'launcher.js')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(printed.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await untilGone(pid);
  });
});
