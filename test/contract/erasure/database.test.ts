import { describe, expect, it } from '@jest/globals';
import { EVENT_KINDS, type Erasure, whyKept } from '#domain/custody';
import type { EventId } from '#domain/evidence';
import { Custody } from '#server/custody';
import { createApi } from '../../../apps/api/api.js';
import { openDatabase } from '../../support/database.js';
import type { TestOfficer } from '../../support/directory.js';
import { erasingInTest, GROUND } from '../../support/erasing.js';

/** What holds beneath the API, whatever its code does: as the role that it has, in a transaction that says who acts. */
const given = erasingInTest(createApi);
const REFUSED = { driverError: { code: '42501' } };

/** What may be otherwise than an honest approval has it. */
interface Otherwise {
  readonly by?: TestOfficer;
  readonly proposedBy?: TestOfficer;
  readonly state?: 'proposed' | 'approved';
  readonly said?: Partial<Erasure>;
  readonly kind?: 'event-erased' | 'record-read';
}

/** Erases by the functions of the database alone, as an API would that asks nothing of the domain. */
async function eraseByHand(
  event: EventId,
  { by, proposedBy, state = 'approved', said, kind = 'event-erased' }: Otherwise = {},
) {
  const { tripoli } = given.world.directory;
  const [proposer, decider] = [proposedBy ?? tripoli.colleague, by ?? tripoli.approver];
  const app = await openDatabase(given.world.database.appUrl);
  const acting = ({ id, agency }: TestOfficer) =>
    ({ officerId: id, agencyId: agency.id, state: 'LY', roles: [], certified: true }) as never;
  try {
    const [facts] = await given.world.query<{
      chain_id: never;
      exhibit_id: never;
      commitment: Buffer;
      index: string | null;
    }>(
      `SELECT e.chain_id, e.exhibit_id, e.commitment, l.log_index AS index FROM amana.custody_event e
       LEFT JOIN amana.log_entry l ON l.event_id = e.id WHERE e.id = $1`,
      [event],
    );
    const id = await app.database.asOfficer(acting(proposer), async (tx) => {
      const [row] = await tx.query<{ id: string }[]>(
        `INSERT INTO amana.erasure (id, event_id, agency_id, instrument, number, reason, proposed_by)
         VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6) RETURNING id`,
        [event, tripoli.id, GROUND.instrument, GROUND.number, GROUND.reason, proposer.id],
      );
      return row!.id;
    });
    await app.database.asOfficer(acting(decider), async (tx) => {
      if (state === 'approved')
        await tx.query(
          `UPDATE amana.erasure SET state = 'approved', decided_by = $2, decided_at = now() WHERE id = $1`,
          [...[id, decider.id]],
        );
      const [told] = await new Custody().append(tx, [
        {
          visibleTo: [],
          statement: {
            kind,
            chain: { kind: 'case', id: facts!.chain_id },
            exhibitId: facts!.exhibit_id,
            actor: { kind: 'officer', officerId: decider.id, agencyId: decider.agency.id, role: 'approver' },
            erasure: {
              origin: 'custody.example/log',
              index: Number(facts!.index ?? 0),
              commitment: facts!.commitment.toString('base64'),
              ground: GROUND,
              ...said,
            },
            result: 'done',
          },
        },
      ]);
      await tx.query('SELECT amana.erase_event($1, $2)', [id, told!.id]);
    });
  } finally {
    await app.close();
    await given.world.query(`DELETE FROM amana.erasure WHERE event_id = $1 AND state <> 'erased'`, [event]);
  }
}

describe('the database', () => {
  it('has the domain’s own list of what may be erased', async () => {
    const rows = await given.world.query<{ kind: string; erasable: boolean }>(
      'SELECT kind, amana.may_be_erased(kind) AS erasable FROM unnest($1::text[]) AS kind',
      [EVENT_KINDS],
    );
    expect(rows).toEqual(EVENT_KINDS.map((kind) => ({ kind, erasable: whyKept(kind) === null })));
  });

  it('erases where all is as it must be', async () => {
    const { event } = await given.heldExhibit();
    await eraseByHand(event);
    expect(await given.isWhole(event)).toBe(false);
  });

  it.each<[string, () => Otherwise]>([
    ['nothing was approved', () => ({ state: 'proposed' })],
    ['who proposed it approves', () => ({ proposedBy: given.world.directory.tripoli.approver })],
    [
      'an administrator approves',
      () => ({ proposedBy: given.world.directory.tripoli.approver, by: given.world.directory.tripoli.colleague }),
    ],
    ['an investigator proposes', () => ({ proposedBy: given.world.directory.tripoli.investigator })],
    ['another agency proposes', () => ({ proposedBy: given.world.directory.rome.approver })],
    ['another agency approves', () => ({ by: given.world.directory.rome.approver })],
    ['the record names another event', () => ({ said: { commitment: Buffer.alloc(32).toString('base64') } })],
    ['the record names another index', () => ({ said: { index: 0 } })],
    ['the record names another ground', () => ({ said: { ground: { ...GROUND, number: 'Art. 17' } } })],
    ['the record says something else', () => ({ kind: 'record-read' })],
  ])('refuses where %s', async (_, otherwise) => {
    const { event } = await given.heldExhibit();
    await expect(eraseByHand(event, otherwise())).rejects.toMatchObject({
      driverError: { code: expect.stringMatching(/^(42501|23514)$/) },
    });
    expect(await given.isWhole(event)).toBe(true);
  });

  it.each<[string, (event: EventId, exhibit: string) => [string, unknown[]]]>([
    ['its exhibit is on hold', (_, exhibit) => [`UPDATE amana.exhibit SET state = 'on-hold' WHERE id = $1`, [exhibit]]],
    [
      'a review is open',
      (event) => [
        `INSERT INTO amana.review (id, rule, event_id, event_kind, states, because, state, due_at)
         VALUES (gen_random_uuid(), 'failed-check', $1, 'exhibit-held', '{LY}', '', 'queued', now())`,
        [event],
      ],
    ],
  ])('refuses while %s', async (_, how) => {
    const { exhibit, event } = await given.heldExhibit();
    await given.world.query(...how(event, exhibit.id));
    await expect(eraseByHand(event)).rejects.toMatchObject(REFUSED);
    expect(await given.isWhole(event)).toBe(true);
  });

  it('refuses what no head covers', async () => {
    const { event } = await given.heldExhibit();
    const over = `FROM amana.log_checkpoint WHERE size > (SELECT log_index FROM amana.log_entry WHERE event_id = $1)`;
    const heads = await given.world.query<{ size: string; note: string; published_at: Date }>(`SELECT * ${over}`, [
      event,
    ]);
    await given.world.query(`DELETE ${over}`, [event]);
    await expect(eraseByHand(event)).rejects.toMatchObject(REFUSED);
    for (const { size, note, published_at } of heads)
      await given.world.query(`INSERT INTO amana.log_checkpoint (size, note, published_at) VALUES ($1, $2, $3)`, [
        ...[size, note, published_at],
      ]);
    expect(heads).not.toEqual([]);
    expect(await given.isWhole(event)).toBe(true);
  });

  it('refuses events that prove the exhibit, and the approver’s own acts', async () => {
    const { exhibit, event } = await given.heldExhibit();
    await expect(eraseByHand(await given.eventOf(exhibit, 'manifest-signed'))).rejects.toMatchObject(REFUSED);
    const { prosecutor } = given.world.directory.tripoli;
    await given.become(prosecutor, ['approver']);
    try {
      await expect(eraseByHand(event, { by: prosecutor })).rejects.toMatchObject(REFUSED);
    } finally {
      await given.become(prosecutor, ['prosecutor']);
    }
  });

  it.each([
    `UPDATE amana.custody_event SET body = NULL, salt = NULL WHERE id = $1`,
    `UPDATE amana.custody_event SET erased_by = $1 WHERE id = $1`,
    `DELETE FROM amana.custody_event WHERE id = $1`,
    `UPDATE amana.erasure SET state = 'erased' WHERE event_id = $1`,
    `UPDATE amana.erasure SET event_id = $1`,
    `DELETE FROM amana.erasure WHERE event_id = $1`,
    `SELECT amana.erase_copies($1, '{}', '')`,
    `SELECT amana.erase_event($1, $1)`,
  ])('gives the API no other way: %s', async (sql) => {
    const { event } = await given.heldExhibit();
    const id = await given.proposed(event);
    const app = await openDatabase(given.world.database.appUrl);
    const { approver } = given.world.directory.tripoli;
    const acting = { officerId: approver.id, agencyId: approver.agency.id, state: 'LY', roles: [], certified: true };
    try {
      await expect(
        app.database.asOfficer(acting as never, (tx) => tx.query(sql, [sql.includes('erase_event') ? id : event])),
      ).rejects.toMatchObject(REFUSED);
    } finally {
      await app.close();
    }
    expect(await given.isWhole(event)).toBe(true);
  });

  it('killed between approval and erasure leaves the proposal as it was, to be approved again', async () => {
    const { exhibit, event } = await given.heldExhibit();
    const id = await given.proposed(event);
    await given.world.query(`
      CREATE FUNCTION public.die() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
      CREATE TRIGGER die BEFORE UPDATE ON amana.custody_event FOR EACH ROW EXECUTE FUNCTION public.die()`);
    const answer = await given
      .decide(given.approver, id, 'approval')
      .finally(() => given.world.query('DROP TRIGGER die ON amana.custody_event; DROP FUNCTION public.die()'));
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(await given.isWhole(event)).toBe(true);
    expect((await given.approver.get(`/v1/erasures/${id}`)).json).toMatchObject({ state: 'proposed', version: 1 });
    expect(await given.kindsOf(exhibit)).not.toContain('event-erased');
    expect((await given.decide(given.approver, id, 'approval')).json).toMatchObject({ state: 'erased' });
  });
});
