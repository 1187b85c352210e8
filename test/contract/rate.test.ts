import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';

let world: TestWorld;
let api: TestApi;
beforeAll(async () => {
  process.env.AMANA_REQUESTS_PER_MINUTE = '5';
  world = await openWorld();
  api = await startApi(world, createApi);
});
afterAll(async () => {
  delete process.env.AMANA_REQUESTS_PER_MINUTE;
  await api?.stop();
  await world?.end();
});

describe('a client that asks too much', () => {
  it('25 is told so, and when to come back', async () => {
    const client = await api.as(world.directory.tripoli.investigator);
    for (let count = 0; count < 5; count += 1) expect((await client.get('/v1/officers/me')).status).toBe(200);
    const answer = await client.get('/v1/officers/me');
    expect(answer.json).toMatchObject({ status: 429, code: 'too-many-requests' });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
