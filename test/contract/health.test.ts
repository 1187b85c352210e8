// What the operations port says of an API whose neighbours fail, and the page at `/`.
import { rename } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePorts } from '../../scripts/services/free-ports.js';
import { openWorld, spawnApi, type TestWorld } from '../support/api.js';
import { until } from '../support/records.js';

interface Ready {
  readonly code: number;
  readonly status: string;
  readonly checks: Readonly<Record<string, { state: string; detail?: string }>>;
  readonly tookMs: number;
}

let world: TestWorld;
let operations: string;
let baseUrl: string;

async function ready(): Promise<Ready> {
  const began = performance.now();
  const answer = await fetch(`${operations}/health/ready`);
  const body = (await answer.json()) as Pick<Ready, 'status' | 'checks'>;
  return { ...body, code: answer.status, tookMs: performance.now() - began };
}

beforeAll(async () => {
  world = await openWorld();
  const [port = 0, gone = 0] = await freePorts(2);
  operations = `http://127.0.0.1:${port}`;
  // A Redis that is not there: the API asks for jobs through the outbox and does without.
  ({ baseUrl } = await spawnApi(world, {
    AMANA_OPERATIONS_PORT: String(port),
    AMANA_REDIS_URL: `redis://127.0.0.1:${gone}`,
  }));
});
afterAll(() => world.end());

describe('an API', () => {
  it('is ready while what it needs works, and tells of a queue that does not', async () => {
    expect(await ready()).toMatchObject({
      code: 200,
      status: 'ready',
      checks: {
        database: { state: 'up' },
        store: { state: 'up' },
        'issuer-keys': { state: 'up' },
        queue: { state: 'degraded', detail: expect.stringMatching(/./) },
      },
    });
  });

  it('is not ready without its store, says so in time, and is again once it is back', async () => {
    const folder = fileURLToPath(world.storeUrl);
    await rename(folder, `${folder}.away`);
    const away = await ready();
    expect(away).toMatchObject({
      code: 503,
      status: 'not ready',
      checks: { store: { state: 'down' }, database: { state: 'up' } },
    });
    expect(away.tookMs).toBeLessThan(5000);
    await rename(`${folder}.away`, folder);
    expect(await ready()).toMatchObject({ code: 200 });
  });

  it('is not ready without its database, says so in time, and is again once it is back', async () => {
    const name = new URL(world.database.appUrl).pathname.slice(1);
    await world.query(`ALTER DATABASE ${name} CONNECTION LIMIT 0`);
    await world.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()`,
      [name],
    );
    await until(async () => (await ready()).code === 503);
    const away = await ready();
    expect(away).toMatchObject({
      status: 'not ready',
      checks: { database: { state: 'down' }, store: { state: 'up' } },
    });
    expect(away.tookMs).toBeLessThan(5000);
    await world.query(`ALTER DATABASE ${name} CONNECTION LIMIT -1`);
    await until(async () => (await ready()).code === 200);
  });

  it('lives and says so, whatever it lacks', async () => {
    expect(await (await fetch(`${operations}/health/live`)).json()).toEqual({ status: 'live' });
  });

  it('has a page at / that runs nothing', async () => {
    const answer = await fetch(`${baseUrl}/`, { headers: { accept: 'text/html' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/);
    expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none';style-src 'sha256-/);
    const page = await answer.text();
    for (const [, link = ''] of page.matchAll(/href="((?:v1|openapi|problems)[^"]*)"/g))
      expect([link, (await fetch(new URL(link, `${baseUrl}/`))).status]).toEqual([link, 200]);
  });
});

describe('an API whose issuer is away', () => {
  it('is not ready, and names the keys it lacks', async () => {
    const [port = 0, gone = 0] = await freePorts(2);
    await spawnApi(world, { AMANA_OPERATIONS_PORT: String(port), AMANA_ISSUER: `http://127.0.0.1:${gone}` });
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      checks: { 'issuer-keys': { state: 'down' }, database: { state: 'up' } },
    });
  });
});
