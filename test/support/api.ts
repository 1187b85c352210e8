import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Logger } from '@nestjs/common';
import { Pool } from 'pg';
import { formatSigningKey, formatVerifierKey, signingKey } from '#domain/merkle';
import { freePorts } from '../../scripts/services/free-ports.js';
import { newSigningKey, publicJwkOf } from '#domain/manifest';
import { ApiClient, PUBLIC_URL } from './api-client.js';
import { TEST_LOG_SEED, testLogKey } from './custody.js';
import { freshDatabase, type TestDatabase } from './database.js';
import { seedDirectory, type TestDirectory, type TestOfficer } from './directory.js';
import { serviceUrl } from './services.js';
import { startTestIssuer, type TestIssuer } from './test-issuer.js';

/** What an API needs around it: a database of its own, a file store, an identity provider, and officers. */
export interface TestWorld {
  readonly database: TestDatabase;
  readonly storeUrl: string;
  readonly issuer: TestIssuer;
  readonly directory: TestDirectory;
  /** The API's environment; the audience of its tokens is AMANA_PUBLIC_URL. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the worker has besides: its database role and the platform's keys. */
  readonly workerEnvironment: Readonly<Record<string, string>>;
  /** Rows as a database administrator sees them. */
  readonly query: <Row>(sql: string, parameters?: readonly unknown[]) => Promise<Row[]>;
  /** A client at this address, signed in. */
  as(officer: TestOfficer, baseUrl: string): Promise<ApiClient>;
  /** Done first when the world ends, whatever became of its tests. */
  readonly atEnd: (() => Promise<void>)[];
  end(): Promise<void>;
}

/** What `apps/api/api.ts` gives, passed in because nothing here imports an app. */
export interface ListeningApi {
  listen(port: number, host: string): Promise<unknown>;
  close(): Promise<void>;
  getHttpServer(): Server;
}

export interface TestApi {
  readonly baseUrl: string;
  readonly port: number;
  as(officer: TestOfficer): Promise<ApiClient>;
  stop(): Promise<void>;
}

const TEST_PROMISE_SEED = new Uint8Array(32).fill(9);
const LOG_ORIGIN = 'custody.example/log/test';

export interface WorldOptions {
  /** Another store than files in a folder of the test's own. */
  readonly storeUrl?: string;
  /** URL of the superuser of another PostgreSQL than the one that all tests share. */
  readonly server?: string;
}

export async function openWorld(options: WorldOptions = {}): Promise<TestWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'amana-world-'));
  await serviceUrl('build');
  const database = await freshDatabase(options.server);
  const issuer = await startTestIssuer();
  const directory = await seedDirectory(database.superuserUrl, issuer.url);
  // Connects anew after the server was gone.
  const administrator = new Pool({ connectionString: database.superuserUrl, max: 1 });
  administrator.on('error', () => undefined);
  const storeUrl = options.storeUrl ?? pathToFileURL(join(folder, 'store')).href;
  const atEnd: (() => Promise<void>)[] = [];
  const sealKey = await newSigningKey();
  const logKey = testLogKey(LOG_ORIGIN);
  const environment = {
    AMANA_DATABASE_URL: database.appUrl,
    AMANA_STORE: storeUrl,
    AMANA_ISSUER: issuer.url,
    AMANA_PUBLIC_URL: PUBLIC_URL,
    AMANA_LOG_ORIGIN: LOG_ORIGIN,
    AMANA_LOG_VERIFIER_KEY: formatVerifierKey(logKey.verifier),
    AMANA_PROMISE_KEY: formatSigningKey(`${LOG_ORIGIN}/promise`, 'ed25519', TEST_PROMISE_SEED),
    AMANA_PROMISE_VERIFIER_KEY: formatVerifierKey(
      signingKey(`${LOG_ORIGIN}/promise`, 'ed25519', TEST_PROMISE_SEED).verifier,
    ),
    AMANA_SEAL_VERIFIER_KEY: JSON.stringify(publicJwkOf(sealKey)),
  };
  return {
    ...{ database, storeUrl, issuer, directory, environment, atEnd },
    workerEnvironment: {
      ...environment,
      AMANA_DATABASE_URL: database.workerUrl,
      AMANA_SEAL_KEY: JSON.stringify(sealKey),
      AMANA_LOG_KEY: formatSigningKey(LOG_ORIGIN, 'ed25519', TEST_LOG_SEED),
      AMANA_HEAD_STORE: pathToFileURL(join(folder, 'heads')).href,
    },
    query: async <Row>(sql: string, parameters: readonly unknown[] = []) =>
      (await administrator.query(sql, [...parameters])).rows as Row[],
    as: async (officer, baseUrl) =>
      new ApiClient(baseUrl, await issuer.tokenFor(officer.subject, environment.AMANA_PUBLIC_URL)),
    async end() {
      for (const act of atEnd) await act();
      await administrator.end();
      await issuer.stop();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The API in this process, on a free port. Its configuration is this process's environment from then on. */
export async function startApi(world: TestWorld, createApi: () => Promise<ListeningApi>): Promise<TestApi> {
  Object.assign(process.env, world.environment);
  Logger.overrideLogger(['warn', 'error', 'fatal']);
  const api = await createApi();
  await api.listen(0, '127.0.0.1');
  const { port } = api.getHttpServer().address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}`;
  return { baseUrl, port, as: (officer) => world.as(officer, baseUrl), stop: () => api.close() };
}

export interface ApiProcess extends TestApi {
  readonly pid: number;
  /** Resolves with the signal that ended it, or its exit code. */
  readonly ended: Promise<NodeJS.Signals | number>;
}

/** The API as a process of its own, out of `dist/`, which opening a world has built. Resolves when it answers. */
export async function spawnApi(world: TestWorld, environment: Record<string, string> = {}): Promise<ApiProcess> {
  const [port = 0] = await freePorts(1);
  const child = spawn(process.execPath, ['dist/apps/api/main.js'], {
    env: { PATH: process.env.PATH, ...world.environment, AMANA_PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => said.push(text.toString()));
  const ended = once(child, 'exit').then(([code, signal]) => (signal ?? code) as NodeJS.Signals | number);
  const baseUrl = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  world.atEnd.push(stop);
  await answers(baseUrl, child, said);
  return {
    ...{ baseUrl, port, pid: child.pid ?? 0, ended },
    as: (officer) => world.as(officer, baseUrl),
    stop,
  };
}

async function answers(baseUrl: string, child: ChildProcess, said: readonly string[]): Promise<void> {
  for (const deadline = Date.now() + 60_000; ;) {
    const up = await fetch(`${baseUrl}/v1`).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return;
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline)
      throw new Error(`the API did not come up:\n${said.join('')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
