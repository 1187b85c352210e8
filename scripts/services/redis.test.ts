import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Redis as Client } from 'ioredis';
import { requires } from '../../test/support/requires.js';
import { startRedis, type Redis } from './redis.js';

requires('redis-server')('the Redis that tests and bench start', () => {
  let folder: string;
  let running: Redis | undefined;
  let client: Client | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'amana redis-test-'));
  });
  afterEach(async () => {
    client?.disconnect();
    await running?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(): Promise<Client> {
    client?.disconnect();
    running = await startRedis({ folder });
    client = new Client(running.url);
    client.on('error', () => undefined);
    return client;
  }

  it('evicts nothing, appends every command, and wants a password', async () => {
    const redis = await start();
    expect(await redis.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
    expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
    expect(await redis.config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);
    const stranger = new Client(`redis://127.0.0.1:${running?.port ?? 0}`, { retryStrategy: null, lazyConnect: true });
    stranger.on('error', () => undefined);
    await expect(stranger.get('x')).rejects.toThrow(/NOAUTH|Connection is closed/);
    stranger.disconnect();
  });

  it('keeps what it acknowledged over a kill -9', async () => {
    const redis = await start();
    for (let n = 0; n < 100; n += 1) await redis.rpush('kept', n);
    await running?.kill();
    const again = await start();
    expect(await again.llen('kept')).toBe(100);
  });
});
