import { type EvidenceStore, storeFrom } from '#server/storage';
import { openWorld, startApi, type ListeningApi, type TestWorld, type WorldOptions } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';

/** A world with an API that lives on; those that are killed are processes of their own on the same database and store. */
export interface FaultWorld {
  readonly world: TestWorld;
  readonly store: EvidenceStore;
  /** Speaks to the API that lives on. */
  readonly client: ApiClient;
}

export interface OpenFaultWorld extends FaultWorld {
  close(): Promise<void>;
}

/** @param createApi `apps/api/api.ts`, in this process */
export async function openFaultWorld(
  createApi: () => Promise<ListeningApi>,
  options: WorldOptions = {},
): Promise<OpenFaultWorld> {
  const world = await openWorld(options);
  const api = await startApi(world, createApi);
  const store = await storeFrom(world.storeUrl);
  return {
    ...{ world, store },
    client: await api.as(world.directory.tripoli.investigator),
    async close() {
      await api.stop();
      await store.close();
      await world.end();
    },
  };
}
