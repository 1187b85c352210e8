import { afterAll, beforeAll } from '@jest/globals';
import { type ListeningApi, openWorld, startApi, type TestApi, type TestWorld } from './api.js';
import type { ApiClient } from './api-client.js';
import type { TestOfficer } from './directory.js';

/** The world of a test file and the API in it, from before its first test until after its last. */
export interface ApiInTest {
  readonly world: TestWorld;
  readonly api: TestApi;
  /** Of the first agency, who may bring evidence in. */
  readonly investigator: TestOfficer;
  /** Signed in as that investigator. */
  readonly client: ApiClient;
}

/** To be called once, at the top of a test file. @param createApi of `apps/api/api.ts`, because nothing here imports an app */
export function apiInTest(createApi: () => Promise<ListeningApi>): ApiInTest {
  let there: Pick<ApiInTest, 'world' | 'api' | 'client'> | undefined;
  beforeAll(async () => {
    const world = await openWorld();
    const api = await startApi(world, createApi);
    there = { world, api, client: await api.as(world.directory.tripoli.investigator) };
  });
  afterAll(async () => {
    await there?.api.stop();
    await there?.world.end();
  });
  const mustBeThere = () => {
    if (!there) throw new Error('the world is there from the first beforeAll on');
    return there;
  };
  return {
    get world() {
      return mustBeThere().world;
    },
    get api() {
      return mustBeThere().api;
    },
    get client() {
      return mustBeThere().client;
    },
    get investigator() {
      return mustBeThere().world.directory.tripoli.investigator;
    },
  };
}
