import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from './child-process.js';
import { onFreePort } from './on-free-port.js';

export interface RedisOptions {
  /** Configuration, append-only file and log live here; what an earlier run left is loaded again. */
  readonly folder: string;
  readonly preferredPort?: number;
  /** Further directives of redis.conf, e.g. `{ maxmemory: '2mb' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Redis {
  /** `redis://:password@127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Writes what it holds, then ends. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts Debian's redis-server as a queue wants it: append-only file, nothing evicted, 127.0.0.1, with a password. */
export async function startRedis(options: RedisOptions): Promise<Redis> {
  await mkdir(options.folder, { recursive: true });
  const configuration = join(options.folder, 'redis.conf');
  const logFile = join(options.folder, 'server.log');
  const password = (await earlierPassword(configuration)) ?? randomBytes(24).toString('hex');
  return onFreePort(async (port) => {
    const settings = {
      bind: '127.0.0.1',
      port: String(port),
      dir: JSON.stringify(options.folder),
      requirepass: password,
      appendonly: 'yes',
      appendfsync: 'everysec',
      'maxmemory-policy': 'noeviction',
      save: '""',
      ...options.settings,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
    await writeFile(configuration, lines.join(''), { mode: 0o600 });
    const server = await startProcess({
      name: 'Redis',
      command: 'redis-server',
      args: [configuration],
      logFile,
      ready: { line: /Ready to accept connections/ },
    });
    return {
      url: `redis://:${password}@127.0.0.1:${port}`,
      port,
      pid: server.pid,
      logFile,
      stop: () => server.stop(),
      kill: () => server.kill(),
    };
  }, options.preferredPort);
}

async function earlierPassword(configuration: string): Promise<string | undefined> {
  const text = await readFile(configuration, 'utf8').catch(() => '');
  return /^requirepass ([0-9a-f]+)$/m.exec(text)?.[1];
}
