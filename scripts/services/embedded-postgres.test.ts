import { spawn } from 'node:child_process';
import { chmod, lstat, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './embedded-postgres.js';
import { unprivilegedUser } from './unprivileged-user.js';

let folder: string;
let running: EmbeddedPostgres[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-postgres-test-'));
  await chmod(folder, 0o711);
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

async function start(options: { durable?: boolean; preferredPort?: number } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), ...options });
  running.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const setting = async (server: EmbeddedPostgres, name: string) =>
  (await query(server.superuserUrl, `select current_setting('${name}') as value`))[0]?.value;

describe('the embedded PostgreSQL', () => {
  it('starts safe by default: durable, checksummed, TCP on 127.0.0.1 alone, a password asked', async () => {
    const server = await start();
    expect(await setting(server, 'fsync')).toBe('on');
    expect(await setting(server, 'full_page_writes')).toBe('on');
    expect(await setting(server, 'synchronous_commit')).toBe('on');
    expect(await setting(server, 'data_checksums')).toBe('on');
    expect(await setting(server, 'listen_addresses')).toBe('127.0.0.1');
    expect(await setting(server, 'unix_socket_directories')).toBe('');
    expect((await stat(join(folder, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
    const wrong = server.superuserUrl.replace(/:[^:@/]+@/, ':wrong@');
    await expect(query(wrong, 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('runs as somebody who is not root', async () => {
    const server = await start({ durable: false });
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    expect(Number(/^Uid:\t(\d+)/m.exec(status)?.[1])).not.toBe(0);
  });

  it('keeps its data, its password and the port asked for over a stop', async () => {
    const first = await start();
    await query(first.superuserUrl, 'create table kept (n int)');
    await query(first.superuserUrl, 'insert into kept values (7)');
    await first.stop();
    const second = await start({ preferredPort: first.port });
    expect(second.superuserUrl).toBe(first.superuserUrl);
    expect(await query(second.superuserUrl, 'select n from kept')).toEqual([{ n: 7 }]);
  });

  it('recovers what was committed before a kill -9, with sessions open', async () => {
    const first = await start();
    const session = new pg.Client({ connectionString: first.superuserUrl });
    session.on('error', () => undefined);
    await session.connect();
    await session.query('create table kept (n int)');
    await session.query('insert into kept select generate_series(1, 1000)');
    await session.query('begin');
    await session.query('insert into kept values (-1)');
    await first.kill();
    const second = await start();
    expect(await query(second.superuserUrl, 'select count(*)::int as n, min(n) from kept')).toEqual([
      { n: 1000, min: 1 },
    ]);
    await session.end();
  });

  it('is not stopped by a lock file that names a process which is now something else', async () => {
    const first = await start();
    await first.kill();
    const file = join(folder, 'postgres', 'data', 'postmaster.pid');
    const [, ...rest] = (await readFile(file, 'utf8')).split('\n');
    // Of the server's own user, or PostgreSQL would know by itself that it cannot be one of its kind.
    const other = spawn('sleep', ['600'], { ...(await unprivilegedUser()) });
    await writeFile(file, [other.pid, ...rest].join('\n'));
    try {
      const second = await start();
      expect(await query(second.superuserUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
      expect(other.exitCode).toBeNull();
    } finally {
      other.kill();
    }
  });

  it('works in a folder that only we can enter, as in a closed home', async () => {
    await chmod(folder, 0o700);
    const first = await start();
    await query(first.superuserUrl, 'create table kept (n int)');
    await first.stop();
    const second = await start();
    expect(await query(second.superuserUrl, 'select n from kept')).toEqual([]);
    // As root the server is somebody else, who cannot enter: the data is elsewhere, behind a link.
    const data = await lstat(join(folder, 'postgres', 'data'));
    expect(data.isSymbolicLink()).toBe(process.getuid?.() === 0);
  });

  it('takes another port when the one asked for is taken', async () => {
    const first = await start({ durable: false });
    const other = await startEmbeddedPostgres({
      folder: join(folder, 'other'),
      preferredPort: first.port,
      durable: false,
    });
    running.push(other);
    expect(other.port).not.toBe(first.port);
    expect(await setting(other, 'fsync')).toBe('off');
  });
});
