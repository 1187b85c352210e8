import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServiceProcess } from '../services/child-process.js';
import { openDatabase, type PlatformDatabase } from './database.js';
import { DEMO_OFFICERS } from './demo-world.js';
import { openIssuer, rehomeOfficers } from './issuer.js';
import { openPorts } from './ports.js';
import { startApp } from './processes.js';
import { logVerifierKeyOf, openSecrets, type Secrets, sealVerifierKeyOf } from './secrets.js';

/** What a platform runs on; what is not given is embedded. */
export interface PlatformOptions {
  /** Everything the platform keeps lies below this folder. */
  readonly folder: string;
  readonly ownerUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly store?: string | undefined;
  readonly issuer?: string | undefined;
  /** False only in tests that do not test durability. */
  readonly durable?: boolean;
  /** More environment for api and worker, such as fault points. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running platform, and the handles by which tests and the demo make it fail. */
export interface Platform {
  readonly folder: string;
  readonly publicUrl: string;
  readonly operationsUrl: string;
  readonly issuer: string;
  readonly store: string;
  readonly redisUrl: string | null;
  readonly logOrigin: string;
  readonly logVerifierKey: string;
  readonly secrets: Secrets;
  readonly database: PlatformDatabase;
  readonly processes: { api: ServiceProcess; worker: ServiceProcess };
  /** Starts the API, or the worker, again on the same port; for after a kill. */
  restart(app: 'api' | 'worker', environment?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops what was started, in the reverse order. */
  stop(): Promise<void>;
}

const LOG_ORIGIN = 'amana.example/log/2026a';

export async function launch(options: PlatformOptions): Promise<Platform> {
  const { folder } = options;
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const secrets = await openSecrets(folder, LOG_ORIGIN);
    const database = await openDatabase(folder, secrets, options.ownerUrl, options.durable ?? true);
    stops.push(() => database.stop());
    const ports = await openPorts(folder);
    const publicUrl = `http://127.0.0.1:${ports.api}`;
    const issuer = await openIssuer({
      folder,
      publicUrl,
      external: options.issuer,
      preferredPort: ports.issuer,
      password: secrets.demoPassword,
      officers: DEMO_OFFICERS,
    });
    stops.push(() => issuer.stop());
    if (issuer.embedded) await rehomeOfficers(database.ownerUrl, issuer.url, DEMO_OFFICERS);
    const store = options.store ?? pathToFileURL(join(folder, 'store')).href;
    const shared = {
      AMANA_STORE: store,
      AMANA_ISSUER: issuer.url,
      AMANA_PUBLIC_URL: publicUrl,
      AMANA_LOG_ORIGIN: LOG_ORIGIN,
      AMANA_LOG_VERIFIER_KEY: logVerifierKeyOf(secrets),
      AMANA_SEAL_VERIFIER_KEY: JSON.stringify(sealVerifierKeyOf(secrets)),
      ...(options.redisUrl && { AMANA_REDIS_URL: options.redisUrl }),
      ...options.environment,
    };
    const apiEnvironment = {
      ...shared,
      AMANA_DATABASE_URL: database.apiUrl,
      AMANA_PORT: String(ports.api),
      AMANA_OPERATIONS_PORT: String(ports.apiOperations),
    };
    const workerEnvironment = {
      ...shared,
      AMANA_DATABASE_URL: database.workerUrl,
      AMANA_LOG_KEY: secrets.logKey,
      AMANA_SEAL_KEY: JSON.stringify(secrets.sealKey),
      AMANA_OPERATIONS_PORT: String(ports.workerOperations),
    };
    const start = (app: 'api' | 'worker', more: Readonly<Record<string, string>> = {}) =>
      app === 'api'
        ? startApp('api', logs, { ...apiEnvironment, ...more }, `${publicUrl}/v1`)
        : startApp(
            'worker',
            logs,
            { ...workerEnvironment, ...more },
            `http://127.0.0.1:${ports.workerOperations}/health/ready`,
          );
    const [api, worker] = await Promise.allSettled([start('api'), start('worker')]);
    for (const one of [api, worker]) if (one.status === 'fulfilled') stops.push(() => one.value.stop());
    if (api.status === 'rejected') throw api.reason;
    if (worker.status === 'rejected') throw worker.reason;
    const processes = { api: api.value, worker: worker.value };
    return {
      folder,
      publicUrl,
      operationsUrl: `http://127.0.0.1:${ports.apiOperations}`,
      issuer: issuer.url,
      store,
      redisUrl: options.redisUrl ?? null,
      logOrigin: LOG_ORIGIN,
      logVerifierKey: logVerifierKeyOf(secrets),
      secrets,
      database,
      processes,
      restart: async (app, environment) => {
        await processes[app].stop();
        const started = await start(app, environment);
        processes[app] = started;
        stops.push(() => started.stop());
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
