import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { GivenConfig } from '#server/config';
import type { ServiceProcess } from '../services/child-process.js';
import { openDatabase, type PlatformDatabase } from './database.js';
import { DEMO_OFFICERS } from './demo-world.js';
import { environmentsOf } from './environments.js';
import { openIssuer, type PlatformIssuer, rehomeOfficers } from './issuer.js';
import { type GivenPorts, openPorts } from './ports.js';
import { startApp } from './processes.js';
import { logMlDsaVerifierKeyOf, logOriginOf, logVerifierKeyOf, openSecrets, type Secrets } from './secrets.js';
import type { Supervised } from './supervise.js';
import { type RunningTsa, startTsa } from './tsa.js';
import { type RunningWitness, startWitness, witnessesSetting } from './witnesses.js';

/** What a platform runs on; what is not given is embedded. */
export interface PlatformOptions {
  /** Everything the platform keeps lies below this folder. */
  readonly folder: string;
  readonly ownerUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly store?: string | undefined;
  readonly issuer?: string | undefined;
  /** What else the environment says, checked: ports, addresses, keys. */
  readonly given?: GivenConfig;
  /** False only in tests that do not test durability. */
  readonly durable?: boolean;
  /** Names of witnesses to start beside it, each in a folder of its own, that cosign its log. */
  readonly witnesses?: readonly string[];
  /** Whether to start the embedded timestamp authority beside it, unless the environment names another. */
  readonly timestamps?: boolean;
  /** More environment for api and worker, such as fault points. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A running platform, and the handles by which tests and the demo make it fail. */
export interface Platform {
  readonly folder: string;
  /** What people and tokens call it. */
  readonly publicUrl: string;
  /** Where the API is reached from this machine, whatever stands before it. */
  readonly apiUrl: string;
  readonly operationsUrl: string;
  readonly issuer: string;
  readonly store: string;
  readonly redisUrl: string | null;
  readonly logOrigin: string;
  readonly logVerifierKey: string;
  /** Of its second key, of ML-DSA-44; null where it has none. */
  readonly logMlDsaVerifierKey: string | null;
  readonly secrets: Secrets;
  readonly database: PlatformDatabase;
  readonly processes: { api: ServiceProcess; worker: ServiceProcess };
  /** Those that were started beside it. */
  readonly witnesses: readonly RunningWitness[];
  /** PEM of the root of the timestamp authority that was started beside it; null where none was. */
  readonly tsaRoots: string | null;
  /** What was started here and must not end. */
  readonly parts: readonly Supervised[];
  /** Starts the API, or the worker, again on the same port; for after a kill. */
  restart(app: 'api' | 'worker', environment?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops what was started: who serves first, then the database. Within seconds: who does not end is killed, and no act is half done. */
  stop(): Promise<void>;
}

/** A request under way gets so long to be answered when the platform stops. */
const GRACE_MS = 3_000;

export async function launch(options: PlatformOptions): Promise<Platform> {
  const { folder, given = {} } = options;
  const logs = join(folder, 'logs');
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const secrets = await openSecrets(folder, {
    logOrigin: given.AMANA_LOG_ORIGIN,
    logKey: given.AMANA_LOG_KEY,
    logMlDsaKey: given.AMANA_LOG_MLDSA_KEY,
    sealKey: given.AMANA_SEAL_KEY,
  });
  const ports = await openPorts(folder, givenPorts(given));
  const apiUrl = `http://${hostOf(given)}:${ports.api}`;
  const publicUrl = given.AMANA_PUBLIC_URL?.replace(/\/$/, '') ?? apiUrl;
  const started: {
    database?: PlatformDatabase;
    issuer?: PlatformIssuer;
    api?: ServiceProcess;
    worker?: ServiceProcess;
    witnesses?: readonly RunningWitness[];
    tsa?: RunningTsa;
  } = {};
  const stop = async () => {
    const { database, issuer, api, worker } = started;
    const others = [...(started.witnesses ?? []), ...(started.tsa ? [started.tsa] : [])].map(({ server }) => server);
    await Promise.all([api, worker, issuer, ...others].map(async (one) => one?.stop(GRACE_MS)));
    await database?.stop();
  };
  try {
    const database = await openDatabase(folder, secrets, options.ownerUrl, options.durable ?? true);
    started.database = database;
    const issuer = await openIssuer({
      ...{ folder, publicUrl, external: options.issuer, preferredPort: ports.issuer },
      password: secrets.demoPassword,
      officers: DEMO_OFFICERS,
    });
    started.issuer = issuer;
    if (issuer.server) await rehomeOfficers(database.ownerUrl, issuer.url, DEMO_OFFICERS);
    const witnesses = await startWitnesses(folder, options.witnesses ?? [], logVerifierKeyOf(secrets));
    started.witnesses = witnesses;
    if (options.timestamps === true && given.AMANA_TSA_URL === undefined)
      started.tsa = await startTsa(join(folder, 'tsa'));
    const store = options.store ?? pathToFileURL(join(folder, 'store')).href;
    const environments = environmentsOf({
      ...{ given, secrets, database, ports, publicUrl, store },
      headStore: given.AMANA_HEAD_STORE ?? pathToFileURL(join(folder, 'head')).href,
      issuer: issuer.url,
      redisUrl: options.redisUrl,
      tsa: started.tsa,
      witnesses: given.AMANA_WITNESSES ?? witnessesSetting(witnesses),
      more: options.environment ?? {},
    });
    const readyUrls = { api: `${apiUrl}/v1`, worker: `http://127.0.0.1:${ports.workerOperations}/health/ready` };
    const start = async (app: 'api' | 'worker', more: Readonly<Record<string, string>> = {}) =>
      (started[app] = await startApp(app, logs, { ...environments[app], ...more }, readyUrls[app]));
    // Both to their end, so that none comes up after the others were stopped.
    const [api, worker] = await Promise.allSettled([start('api'), start('worker')]);
    if (api.status === 'rejected') throw api.reason;
    if (worker.status === 'rejected') throw worker.reason;
    const processes = { api: api.value, worker: worker.value };
    const restart: Platform['restart'] = async (app, environment) => {
      await processes[app].stop();
      processes[app] = await start(app, environment);
    };
    return {
      ...{ folder, publicUrl, apiUrl, store, secrets, database, processes, witnesses, restart, stop },
      operationsUrl: `http://127.0.0.1:${ports.apiOperations}`,
      issuer: issuer.url,
      redisUrl: options.redisUrl ?? null,
      tsaRoots: started.tsa?.roots ?? null,
      logOrigin: logOriginOf(secrets),
      logVerifierKey: logVerifierKeyOf(secrets),
      logMlDsaVerifierKey: logMlDsaVerifierKeyOf(secrets),
      parts: [
        ...(database.server ? [{ name: 'PostgreSQL', ...database.server }] : []),
        ...(issuer.server ? [{ name: 'the issuer', ...issuer.server }] : []),
        ...(['api', 'worker'] as const).map((app) => ({
          name: `the ${app === 'api' ? 'API' : app}`,
          ended: () => processes[app].ended,
          restart: () => restart(app),
        })),
      ],
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One after the other, each below `witnesses/`. Those that are up when one does not come up are stopped. */
async function startWitnesses(
  folder: string,
  names: readonly string[],
  logKey: string,
): Promise<readonly RunningWitness[]> {
  const running: RunningWitness[] = [];
  try {
    for (const [at, name] of names.entries())
      running.push(await startWitness(join(folder, 'witnesses', String(at + 1)), name, logKey));
    return running;
  } catch (error) {
    await Promise.all(running.map(({ server }) => server.stop()));
    throw error;
  }
}

function givenPorts({ AMANA_PORT, AMANA_OPERATIONS_PORT }: GivenConfig): GivenPorts {
  // 0 asks for any, as does saying nothing.
  const [api, apiOperations] = [Number(AMANA_PORT ?? 0), Number(AMANA_OPERATIONS_PORT ?? 0)];
  return { ...(api > 0 && { api }), ...(apiOperations > 0 && { apiOperations }) };
}

/** Where the API is reached from here when it listens on that address; on all addresses it is this machine's own. */
function hostOf({ AMANA_HOST }: GivenConfig): string {
  if (AMANA_HOST === undefined || AMANA_HOST === '0.0.0.0' || AMANA_HOST === '::') return '127.0.0.1';
  return AMANA_HOST.includes(':') ? `[${AMANA_HOST}]` : AMANA_HOST;
}
