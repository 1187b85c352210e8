import { createHash, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { Database, makeLogins, migrate } from '#server/database';
import { serviceUrl } from './services.js';

/** A migrated database of one test file, and how each role reaches it. */
export interface TestDatabase {
  /** Owns the schema, is no superuser. */
  readonly ownerUrl: string;
  /** What the API is. */
  readonly appUrl: string;
  /** What the worker is. */
  readonly workerUrl: string;
  /** What a database administrator is: bound by nothing. */
  readonly superuserUrl: string;
  readonly drop: () => Promise<void>;
}

const TEMPLATE = 'amana_template';
const OWNER = 'amana_test_owner';
const API = 'amana_test_api';
const WORKER = 'amana_test_worker';

/**
 * A new database, cloned from one that was migrated once in this run. Takes some 50 ms.
 * @param given the superuser's URL of another server than the one that all tests share
 */
export async function freshDatabase(given?: string): Promise<TestDatabase> {
  const server = given ?? (await serviceUrl('postgres'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asSuperuser(server, async (superuser) => {
    await makeTemplateOnce(superuser, server);
    await superuser.query(`CREATE DATABASE ${name} TEMPLATE ${TEMPLATE} OWNER ${OWNER}`);
  });
  return {
    ownerUrl: urlOf(server, name, OWNER),
    appUrl: urlOf(server, name, API),
    workerUrl: urlOf(server, name, WORKER),
    superuserUrl: urlOf(server, name),
    drop: () =>
      asSuperuser(server, async (superuser) => {
        await superuser.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

/** A database without any schema, for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<Pick<TestDatabase, 'ownerUrl' | 'superuserUrl' | 'drop'>> {
  const server = await serviceUrl('postgres');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asSuperuser(server, async (superuser) => {
    await underLock(superuser, () => makeOwner(superuser, server));
    await superuser.query(`CREATE DATABASE ${name} OWNER ${OWNER}`);
  });
  return {
    ownerUrl: urlOf(server, name, OWNER),
    superuserUrl: urlOf(server, name),
    drop: () =>
      asSuperuser(server, async (superuser) => {
        await superuser.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

export interface OpenDatabase {
  readonly database: Database;
  readonly source: DataSource;
  readonly close: () => Promise<void>;
}

/** The database as a process of the platform has it: a pool under the role of this URL. */
export async function openDatabase(url: string, poolSize = 8): Promise<OpenDatabase> {
  const source = await new DataSource({ type: 'postgres', url, poolSize, synchronize: false }).initialize();
  return { database: new Database(source), source, close: () => source.destroy() };
}

async function makeTemplateOnce(superuser: Client, server: string): Promise<void> {
  await underLock(superuser, async () => {
    const { rowCount } = await superuser.query('SELECT FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount) return;
    await makeOwner(superuser, server);
    // Under its name only once it is whole: a migration that fails leaves no template behind.
    const unfinished = `${TEMPLATE}_${randomUUID().replaceAll('-', '')}`;
    await superuser.query(`CREATE DATABASE ${unfinished} OWNER ${OWNER}`);
    const ownerUrl = urlOf(server, unfinished, OWNER);
    await migrate(ownerUrl);
    await makeLogins(ownerUrl, [
      { user: API, password: passwordOf(server, API), memberOf: 'amana_app' },
      { user: WORKER, password: passwordOf(server, WORKER), memberOf: 'amana_worker' },
    ]);
    await superuser.query(`ALTER DATABASE ${unfinished} RENAME TO ${TEMPLATE}`);
  });
}

async function makeOwner(superuser: Client, server: string): Promise<void> {
  const { rowCount } = await superuser.query('SELECT FROM pg_roles WHERE rolname = $1', [OWNER]);
  if (rowCount) return;
  const password = superuser.escapeLiteral(passwordOf(server, OWNER));
  await superuser.query(`CREATE ROLE ${OWNER} LOGIN NOSUPERUSER NOBYPASSRLS CREATEROLE PASSWORD ${password}`);
}

/** Test files run in several processes: one makes the template, the others wait. */
async function underLock(superuser: Client, work: () => Promise<void>): Promise<void> {
  await superuser.query(`SELECT pg_advisory_lock(hashtext('${TEMPLATE}'))`);
  try {
    await work();
  } finally {
    await superuser.query(`SELECT pg_advisory_unlock(hashtext('${TEMPLATE}'))`);
  }
}

async function asSuperuser(server: string, work: (superuser: Client) => Promise<void>): Promise<void> {
  const superuser = new Client({ connectionString: server });
  await superuser.connect();
  try {
    await work(superuser);
  } finally {
    await superuser.end();
  }
}

function urlOf(server: string, database: string, user?: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  if (user !== undefined) {
    url.username = user;
    url.password = passwordOf(server, user);
  }
  return url.href;
}

/** Every process of the run finds the same one: out of the server's own password, which is new each run. */
function passwordOf(server: string, user: string): string {
  return createHash('sha256')
    .update(`${new URL(server).password} ${user}`)
    .digest('hex');
}
