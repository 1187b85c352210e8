// What docker/Dockerfile puts into the image, put into a folder, and run as docker-compose.yml runs it: packages without those of
// developers, secrets out of files, restricted database logins, Redis where the machine has one.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { serviceUrl } from '../test/support/services.js';
import { temporaryFolder } from '../test/support/temporary-folder.js';
import { startTestIssuer, type TestIssuer } from '../test/support/test-issuer.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './services/embedded-postgres.js';
import { freePorts } from './services/free-ports.js';
import { hasCommand } from './services/has-command.js';
import { type Redis, startRedis } from './services/redis.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const ORIGIN = 'custody.example/log/production';

describe('the image', () => {
  const folder = temporaryFolder('production');
  const image = join(folder, 'image');
  const secrets = join(folder, 'secrets');
  const processes: ChildProcess[] = [];
  let server: EmbeddedPostgres;
  let redis: Redis | undefined;
  let issuer: TestIssuer;
  let shared: Record<string, string>;

  beforeAll(async () => {
    await serviceUrl('build');
    await assemble();
    server = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), durable: false });
    if (hasCommand('redis-server')) redis = await startRedis({ folder: join(folder, 'redis') });
    issuer = await startTestIssuer();
  }, 120_000);
  afterAll(async () => {
    for (const child of processes) child.kill('SIGKILL');
    await issuer.stop();
    await redis?.stop();
    await server.stop();
  }, 60_000);

  /** The copies of docker/Dockerfile. Packages are linked, not copied, where the file system can. */
  async function assemble(): Promise<void> {
    mkdirSync(image);
    const { stdout } = await run('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: root }).catch(
      (error: unknown) => error as { stdout: string },
    );
    for (const path of stdout.split('\n').filter((line) => line.startsWith(join(root, 'node_modules')))) {
      const target = join(image, relative(root, path));
      mkdirSync(dirname(target), { recursive: true });
      await run('cp', ['-al', path, target]).catch(() => run('cp', ['-a', path, target]));
    }
    for (const path of ['package.json', 'apps/cli/bin', 'dist'])
      cpSync(join(root, path), join(image, path), { recursive: true });
  }

  function node(program: string, environment: Record<string, string>, ...args: string[]) {
    const child = spawn(process.execPath, ['--enable-source-maps', `dist/${program}`, ...args], {
      cwd: image,
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    processes.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (text += piece.toString()));
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return { child, ended, said: () => text };
  }

  async function untilReady(
    port: number,
    { child, said }: ReturnType<typeof node>,
  ): Promise<Record<string, { state: string }>> {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null);
      if (answer?.ok) return ((await answer.json()) as { checks: Record<string, { state: string }> }).checks;
      if (child.exitCode !== null) throw new Error(`it ended:\n${said()}`);
      await delay(50);
    }
  }

  it('makes its secrets once, for their owner alone', async () => {
    const args = [secrets, '--log-origin', ORIGIN, '--database', `127.0.0.1:${server.port}`];
    const make = () =>
      node(
        'scripts/make-secrets.js',
        {},
        ...args,
        '--store',
        pathToFileURL(join(folder, 'store')).href,
        '--head-store',
        pathToFileURL(join(folder, 'heads')).href,
      );
    const first = make();
    expect([await first.ended, first.said()]).toEqual([
      0,
      expect.stringContaining(`AMANA_LOG_VERIFIER_KEY=${ORIGIN}+`),
    ]);
    const again = make();
    expect(await again.ended).toBe(0);
    expect(again.said()).toBe(first.said());
    for (const name of [
      'owner_password',
      'owner_url',
      'api_url',
      'worker_url',
      'log_key',
      'log_mldsa_key',
      'seal_key',
      'promise_key',
      'store',
      'head_store',
    ])
      expect([name, statSync(join(secrets, name)).mode & 0o777]).toEqual([name, 0o600]);
    const other = node('scripts/make-secrets.js', {}, secrets, '--log-origin', 'another.example/log');
    expect(await other.ended).toBe(1);
    expect(other.said()).toContain(`is of ${ORIGIN}, not of another.example/log`);
    const useless = node('scripts/make-secrets.js', {});
    expect(await useless.ended).toBe(2);
    shared = {
      ...Object.fromEntries(
        first
          .said()
          .trim()
          .split('\n')
          .map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]),
      ),
      AMANA_STORE_FILE: join(secrets, 'store'),
      AMANA_ISSUER: issuer.url,
      AMANA_PUBLIC_URL: 'https://amana.example',
      AMANA_OPERATIONS_HOST: '127.0.0.1',
      ...(redis && { AMANA_REDIS_URL: redis.url }),
    };
  });

  it('migrates an empty database as its owner, and gives the two logins their passwords', async () => {
    const superuser = new Client({ connectionString: server.superuserUrl });
    await superuser.connect();
    const password = superuser.escapeLiteral(readFileSync(join(secrets, 'owner_password'), 'utf8').trim());
    await superuser.query(`CREATE ROLE amana_owner LOGIN CREATEROLE NOSUPERUSER NOBYPASSRLS PASSWORD ${password}`);
    await superuser.query('CREATE DATABASE amana OWNER amana_owner');
    await superuser.end();
    const environment = {
      AMANA_DATABASE_URL_FILE: join(secrets, 'owner_url'),
      AMANA_API_PASSWORD_FILE: join(secrets, 'api_password'),
      AMANA_WORKER_PASSWORD_FILE: join(secrets, 'worker_password'),
    };
    for (let time = 0; time < 2; time++) {
      const migrating = node('scripts/migrate.js', environment);
      expect([await migrating.ended, migrating.said()]).toEqual([0, '']);
    }
    const without = node('scripts/migrate.js', { ...environment, AMANA_API_PASSWORD_FILE: '' });
    expect(await without.ended).toBe(1);
    expect(without.said()).toBe('migrate: AMANA_API_PASSWORD or AMANA_API_PASSWORD_FILE is needed\n');
  });

  it('runs API and worker, each ready in all it needs', async () => {
    const [port = 0, apiOperations = 0, workerOperations = 0] = await freePorts(3);
    const worker = node('apps/worker/main.js', {
      ...shared,
      AMANA_DATABASE_URL_FILE: join(secrets, 'worker_url'),
      AMANA_LOG_KEY_FILE: join(secrets, 'log_key'),
      AMANA_LOG_MLDSA_KEY_FILE: join(secrets, 'log_mldsa_key'),
      AMANA_SEAL_KEY_FILE: join(secrets, 'seal_key'),
      AMANA_HEAD_STORE_FILE: join(secrets, 'head_store'),
      AMANA_OPERATIONS_PORT: String(workerOperations),
    });
    const api = node('apps/api/main.js', {
      ...shared,
      AMANA_DATABASE_URL_FILE: join(secrets, 'api_url'),
      AMANA_PROMISE_KEY_FILE: join(secrets, 'promise_key'),
      AMANA_PORT: String(port),
      AMANA_OPERATIONS_PORT: String(apiOperations),
    });
    const states = (checks: Record<string, { state: string }>) => Object.values(checks).map(({ state }) => state);
    for (const checks of [await untilReady(workerOperations, worker), await untilReady(apiOperations, api)])
      expect(new Set(states(checks))).toEqual(new Set(['up']));
    expect(await (await fetch(`http://127.0.0.1:${port}/v1`)).json()).toMatchObject({ logOrigin: ORIGIN });
    expect((await fetch(`http://127.0.0.1:${port}/v1/exhibits`)).status).toBe(401);
    for (const { child, ended } of [api, worker]) {
      child.kill('SIGTERM');
      await ended;
    }
  });
});
