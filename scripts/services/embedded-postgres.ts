import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startProcess, type ServiceProcess } from './child-process.js';
import { onFreePort } from './on-free-port.js';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { openCluster, serverEnvironment } from './postgres-cluster.js';
import { ServiceError } from './service-error.js';
import { unprivilegedUser, type UserIds } from './unprivileged-user.js';

export interface EmbeddedPostgresOptions {
  /** Data, password and log live here. What an earlier run left is used again. */
  readonly folder: string;
  /** Taken if it is free. */
  readonly preferredPort?: number;
  /** False only in tests that do not test durability: commits return before they are on disk. */
  readonly durable?: boolean;
  readonly maxConnections?: number;
}

export interface EmbeddedPostgres {
  /** `postgres://postgres:…@127.0.0.1:port/postgres`: a superuser, who bypasses row-level security. */
  readonly superuserUrl: string;
  readonly port: number;
  readonly pid: number;
  readonly logFile: string;
  /** Settles when it has ended, for whatever reason: exit code or signal. */
  readonly ended: ServiceProcess['ended'];
  /** Fast shutdown: sessions are ended, data is on disk on return. */
  stop(): Promise<void>;
  /** kill -9 of the postmaster alone; start again on the same folder to recover. */
  kill(): Promise<void>;
}

const leavingMs = 15_000;

/**
 * Starts a PostgreSQL out of npm on 127.0.0.1, TCP and SCRAM only, with data checksums. As root it runs as an unprivileged
 * user, as PostgreSQL demands.
 * @throws ServiceError 'in-use' if another server runs on the folder
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const durable = options.durable ?? true;
  const user = await unprivilegedUser();
  const binaries = await postgresBinaries(user);
  const { data, password } = await openCluster({ folder: options.folder, durable }, binaries, user);
  const logFile = join(options.folder, 'server.log');
  return onFreePort(async (port) => {
    const server = await startServer({
      binaries,
      data,
      logFile,
      port,
      user,
      durable,
      maxConnections: options.maxConnections ?? 200,
    });
    return {
      superuserUrl: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
      port,
      pid: server.pid,
      logFile,
      ended: server.ended,
      stop: () => server.stop(60_000),
      kill: () => server.kill(),
    };
  }, options.preferredPort);
}

interface ServerStart {
  readonly binaries: PostgresBinaries;
  readonly data: string;
  readonly logFile: string;
  readonly port: number;
  readonly user: UserIds | undefined;
  readonly durable: boolean;
  readonly maxConnections: number;
}

async function startServer(start: ServerStart): Promise<ServiceProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: start.port,
    unix_socket_directories: '',
    max_connections: start.maxConnections,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    jit: 'off',
    ...(start.durable
      ? { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
      : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const command = {
    name: 'PostgreSQL',
    command: start.binaries.postgres,
    args: ['-D', start.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    cwd: '/',
    env: serverEnvironment,
    logFile: start.logFile,
    ready: { line: /database system is ready to accept connections/ },
    readyWithinMs: 120_000,
    // Fast shutdown; SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    ...start.user,
  } as const;
  const deadline = performance.now() + leavingMs;
  for (;;) {
    try {
      return await startProcess(command);
    } catch (cause) {
      // After kill -9 of the postmaster its sessions take a moment to notice and let go of the shared memory.
      if (!(cause instanceof ServiceError && /shared memory block .* still in use/.test(cause.message))) throw cause;
      if (performance.now() > deadline) throw cause;
      await delay(100);
    }
  }
}
