import { createHash } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { makeLogins, migrate, urlFor } from '#server/database';
import type { ServiceProcess } from '../services/child-process.js';
import { startEmbeddedPostgres } from '../services/embedded-postgres.js';
import type { Secrets } from './secrets.js';

/** Room for the pools of several processes and for a benchmark's 256 clients. */
const MAX_CONNECTIONS = 400;

/** The platform's database: who owns it, and what its processes connect as. */
export interface PlatformDatabase {
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  /** The embedded server; null when the database is somebody else's. */
  readonly server: { readonly ended: () => ServiceProcess['ended']; readonly restart: () => Promise<void> } | null;
  stop(): Promise<void>;
}

/**
 * Opens the database `ownerUrl` names, or an embedded one of our own; migrates it and makes the two restricted logins.
 * @param durable false only in tests that do not test durability
 */
export async function openDatabase(
  folder: string,
  secrets: Secrets,
  ownerUrl: string | undefined,
  durable: boolean,
): Promise<PlatformDatabase> {
  const start = (preferredPort?: number) =>
    startEmbeddedPostgres({
      folder: join(folder, 'postgres'),
      durable,
      maxConnections: MAX_CONNECTIONS,
      ...(preferredPort !== undefined && { preferredPort }),
    });
  let embedded = ownerUrl === undefined ? await start() : null;
  try {
    const owner = ownerUrl ?? (await ownDatabase(embedded?.superuserUrl ?? '', secrets.ownerPassword));
    await migrate(owner);
    const suffix = createHash('sha256').update(new URL(owner).pathname).digest('hex').slice(0, 8);
    const api = { user: `amana_api_${suffix}`, password: secrets.apiPassword, memberOf: 'amana_app' } as const;
    const worker = {
      user: `amana_worker_${suffix}`,
      password: secrets.workerPassword,
      memberOf: 'amana_worker',
    } as const;
    await makeLogins(owner, [api, worker]);
    return {
      ownerUrl: owner,
      apiUrl: urlFor(owner, api),
      workerUrl: urlFor(owner, worker),
      server: embedded && {
        ended: () => embedded?.ended ?? Promise.resolve(0),
        restart: async () => {
          const { port } = embedded ?? { port: 0 };
          embedded = await start(port);
          if (embedded.port !== port) throw new Error(`its port ${port} is taken`);
        },
      },
      stop: async () => embedded?.stop(),
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** The database `amana` of the embedded server and its owner, who is no superuser. */
async function ownDatabase(superuserUrl: string, password: string): Promise<string> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query(`SELECT FROM pg_roles WHERE rolname = 'amana_owner'`);
    if (!rowCount) await client.query(`CREATE ROLE amana_owner LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS`);
    await client.query(`ALTER ROLE amana_owner PASSWORD '${password}'`);
    const found = await client.query(`SELECT FROM pg_database WHERE datname = 'amana'`);
    if (!found.rowCount) await client.query(`CREATE DATABASE amana OWNER amana_owner`);
  } finally {
    await client.end();
  }
  const url = new URL(superuserUrl);
  url.username = 'amana_owner';
  url.password = password;
  url.pathname = '/amana';
  return url.href;
}
