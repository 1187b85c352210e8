import type { CustodyEvent } from '#domain/custody';
import type { TestWorld } from './api.js';

/** The events of an exhibit in their order, as a database administrator reads them. */
export async function eventsOf({ query }: TestWorld, exhibitId: string): Promise<CustodyEvent[]> {
  const rows = await query<{ body: Buffer }>(
    `SELECT body FROM amana.custody_event WHERE exhibit_id = $1 ORDER BY exhibit_seq`,
    [exhibitId],
  );
  return rows.map(({ body }) => JSON.parse(body.toString()) as CustodyEvent);
}

/** Their kinds alone. */
export async function kindsOf(world: TestWorld, exhibitId: string): Promise<string[]> {
  return (await eventsOf(world, exhibitId)).map(({ kind }) => kind);
}

/** Jobs asked for, by topic and key. */
export async function jobsOf({ query }: TestWorld, topic: string): Promise<string[]> {
  const rows = await query<{ key: string }>(`SELECT key FROM amana.outbox WHERE topic = $1 ORDER BY id`, [topic]);
  return rows.map(({ key }) => key);
}

/** Asks again until it holds. @throws Error when it does not within ten seconds */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; !(await holds());)
    if (Date.now() > deadline) throw new Error('it did not come to hold');
}
