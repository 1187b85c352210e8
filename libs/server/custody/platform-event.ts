import { type CustodyStatement, PLATFORM_CHAIN } from '#domain/custody';
import type { AgencyId } from '#domain/evidence';
import type { Transaction } from '#server/database';
import { type Appended, Custody } from './custody.js';

/** What befell the log, its keys, its witnesses or its clock. */
export type PlatformStatement = Pick<CustodyStatement, 'kind' | 'reason' | 'detail' | 'result'>;

/** Puts it on the platform's chain, where the auditors of every state see it, and asks for their review. Durable with the transaction. */
export async function recordOfPlatform(tx: Transaction, statement: PlatformStatement): Promise<Appended> {
  const auditors = await tx.query<{ id: AgencyId }[]>(`SELECT id FROM amana.agency WHERE kind = 'oversight'`);
  const [event] = await new Custody().append(tx, [
    {
      statement: { ...statement, chain: PLATFORM_CHAIN, actor: { kind: 'platform', component: 'worker' } },
      visibleTo: auditors.map(({ id }) => id),
    },
  ]);
  if (!event) throw new Error('an event was not appended');
  await tx.query(
    `INSERT INTO amana.outbox (topic, key, payload) VALUES ('review-event', 'review-event/' || $1::text, jsonb_build_object('eventId', $1::text))`,
    [event.id],
  );
  return event;
}
