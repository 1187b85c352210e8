import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { bringIn, sampleExhibit } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

describe('intake', () => {
  it('takes an exhibit in', async () => {
    const { investigator } = world.directory.tripoli;
    const client = await api.as(investigator);
    const exhibit = await sampleExhibit(investigator);
    await bringIn(client, exhibit);
    const shown = await client.get(`/v1/exhibits/${exhibit.id}`);
    expect(shown.json).toMatchObject({ state: 'stored' });
  });
});
