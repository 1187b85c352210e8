import { connectLogSession, headStoreFrom, LogOffice } from '#server/custody';
import { storeFrom } from '#server/storage';
import type { TestWorld } from './api.js';
import { testLogKey } from './custody.js';

/** Runs the log's office of a world until a head over every event that is there now is published. */
export async function publishLog({ database, storeUrl, workerEnvironment, query }: TestWorld): Promise<void> {
  const [counted] = await query<{ events: string }>('SELECT count(*) AS events FROM amana.custody_event');
  const size = Number(counted?.events);
  const store = await storeFrom(storeUrl);
  const stop = new AbortController();
  try {
    await new LogOffice({
      connect: () => connectLogSession(database.workerUrl),
      store,
      key: testLogKey(),
      heads: await headStoreFrom(workerEnvironment.AMANA_HEAD_STORE ?? ''),
      ...{ pollMs: 5, publishEveryMs: 10, standEveryMs: 5 },
      observer: {
        published: (head) => {
          if (head.size >= size) stop.abort();
        },
      },
    }).run(stop.signal);
  } finally {
    await store.close();
  }
}
