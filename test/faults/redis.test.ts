// Redis killed, and flushed, under a worker that has jobs in it: the outbox brings all of them back, and each has one effect.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Redis as Connection } from 'ioredis';
import { type Redis, startRedis } from '../../scripts/services/redis.js';
import { openWorld, spawnApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import { kindsOf, until } from '../support/records.js';
import { requires } from '../support/requires.js';
import { bringIn, sampleExhibit } from '../support/sample-exhibit.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { spawnWorker, untilReady, type WorkerProcess } from '../support/worker.js';

const EXHIBITS = 20;

requires('redis-server')('a worker on Redis', () => {
  const folder = temporaryFolder('redis-faults');
  let redis: Redis;
  let world: TestWorld;
  let client: ApiClient;
  beforeAll(async () => {
    redis = await startRedis({ folder: join(folder, 'redis') });
    world = await openWorld();
    client = await (await spawnApi(world)).as(world.directory.tripoli.investigator);
  });
  afterAll(async () => {
    await world.end();
    await redis.stop();
  });

  const startWorker = async (): Promise<WorkerProcess> => {
    const worker = await spawnWorker(world, { AMANA_REDIS_URL: redis.url });
    await untilReady(worker);
    return worker;
  };

  async function broughtIn(count: number): Promise<string[]> {
    const officer = world.directory.tripoli.investigator;
    const exhibits = await Promise.all(Array.from({ length: count }, () => sampleExhibit(officer)));
    await Promise.all(exhibits.map((exhibit) => bringIn(client, exhibit)));
    return exhibits.map(({ id }) => id);
  }

  async function mustSealOnce(ids: readonly string[]): Promise<void> {
    const open = () => world.query(`SELECT FROM amana.outbox WHERE done_at IS NULL`);
    await until(async () => (await open()).length === 0);
    for (const id of ids)
      expect((await kindsOf(world, id)).filter((kind) => kind === 'exhibit-sealed')).toEqual(['exhibit-sealed']);
  }

  it('loses no job to a Redis that forgets everything, and does none twice', async () => {
    const worker = await startWorker();
    const first = await broughtIn(EXHIBITS / 2);
    const connection = new Connection(redis.url);
    await connection.flushall();
    const ids = [...first, ...(await broughtIn(EXHIBITS / 2))];
    await connection.flushall();
    await connection.quit();
    await mustSealOnce(ids);
    worker.child.kill('SIGTERM');
    await worker.ended;
  }, 60_000);

  it('loses no job to a Redis that is killed, goes on when it is back, and does none twice', async () => {
    const worker = await startWorker();
    const ids = await broughtIn(EXHIBITS / 2);
    const { port } = redis;
    await redis.kill();
    // The API asks through the outbox: it does not notice.
    ids.push(...(await broughtIn(EXHIBITS / 2)));
    const away = await fetch(`${worker.operations}/health/ready`);
    expect([away.status, ((await away.json()) as { checks: object }).checks]).toMatchObject([
      503,
      { queue: { state: 'down' } },
    ]);
    redis = await startRedis({ folder: join(folder, 'redis'), preferredPort: port });
    expect(redis.port).toBe(port);
    await mustSealOnce(ids);
  }, 60_000);
});
