import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventId, type ExhibitId } from '#domain/evidence';
import { EscalateReviews, RaiseReviews } from '#server/audit';
import { Custody } from '#server/custody';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import { openDatabase, type OpenDatabase } from '../support/database.js';
import { grantTo } from '../support/grants.js';
import { eventsOf } from '../support/records.js';
import { bringIn, type SampleExhibit, sampleExhibit } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
let worker: OpenDatabase;
let auditor: ApiClient;
let exhibit: SampleExhibit;
let raise: RaiseReviews;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  worker = await openDatabase(world.database.workerUrl);
  raise = new RaiseReviews({ officeHours: [0, 24] } as never);
  auditor = await api.as(world.directory.tripoli.auditor);
  exhibit = await sampleExhibit(world.directory.tripoli.investigator);
  await bringIn(await api.as(world.directory.tripoli.investigator), exhibit);
  await world.query(`UPDATE amana.exhibit SET state = 'sealed' WHERE id = $1`, [exhibit.id]);
});
afterAll(async () => {
  await worker?.close();
  await api?.stop();
  await world?.end();
});

/** Raises the reviews of an event as the worker does. */
const raiseFor = (eventId: string) => worker.database.asPlatform((tx) => raise.ofEvent(tx, EventId.parse(eventId)));
const lastEvent = async (exhibitId: ExhibitId) => (await eventsOf(world, exhibitId)).at(-1)!;
const reviewOf = async (eventId: string, rule: string) =>
  (
    await world.query<{ id: string }>(`SELECT id FROM amana.review WHERE event_id = $1 AND rule = $2`, [eventId, rule])
  )[0]?.id;

/** A refused access of somebody, and the review that it raises. */
async function refusedAccess(client: ApiClient): Promise<string> {
  expect((await client.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'trial' })).status).toBe(403);
  const { id } = await lastEvent(exhibit.id);
  await raiseFor(id);
  return (await reviewOf(id, 'refused-access'))!;
}

describe('a review', () => {
  it('of an act of their own is claimed by no auditor, and the attempt is on the record', async () => {
    const own = await refusedAccess(auditor);
    const claim = (id: string) => auditor.change(`/v1/reviews/${id}`, `/v1/reviews/${id}/claim`);
    const answer = await claim(own);
    expect(answer.json).toMatchObject({ status: 403, rule: 'own-event' });
    expect(await lastEvent(exhibit.id)).toMatchObject({
      kind: 'access-refused',
      actor: { officerId: world.directory.tripoli.auditor.id },
      authority: { rule: 'own-event' },
    });
    const others = await refusedAccess(await api.as(world.directory.tripoli.approver));
    expect((await claim(others)).status).toBe(200);
  });

  it('of an act of their own is not concluded either, if they came to have it', async () => {
    const own = await refusedAccess(auditor);
    await world.query(`UPDATE amana.review SET state = 'claimed', claimed_by = $2 WHERE id = $1`, [
      own,
      world.directory.tripoli.auditor.id,
    ]);
    const body = { outcome: 'dismissed', text: 'nothing to see' };
    const answer = await auditor.change(`/v1/reviews/${own}`, `/v1/reviews/${own}/findings`, body);
    expect(answer.json).toMatchObject({ status: 403, rule: 'own-event' });
  });

  it('that is overdue escalates once, on the record, and stands on top of the queue until it is closed', async () => {
    const approver = await api.as(world.directory.tripoli.approver);
    const [overdue, later, newest] = [
      await refusedAccess(approver),
      await refusedAccess(approver),
      await refusedAccess(approver),
    ];
    await world.query(`UPDATE amana.review SET due_at = now() - interval '1 minute' WHERE id = ANY ($1)`, [
      [overdue, later],
    ]);
    const escalate = new EscalateReviews(worker.database, new Custody());
    const counts = await Promise.all([escalate.run(), escalate.run()]);
    expect(counts.reduce((sum, count) => sum + count)).toBe(2);
    expect(await escalate.run()).toBe(0);
    expect((await eventsOf(world, exhibit.id)).filter(({ kind }) => kind === 'review-escalated')).toMatchObject([
      { reviewId: overdue, actor: { component: 'worker' }, detail: { about: 'access-refused' } },
      { reviewId: later },
    ]);
    expect((await queue(1)).slice(0, 3)).toEqual([later, overdue, newest]);
    for (const limit of [2, 3, 200]) expect(await queue(limit)).toEqual(await queue(1));
    const top = await auditor.get(`/v1/reviews/${later}`);
    expect(top.json.escalatedAt).toEqual(expect.any(String));
    await auditor.change(`/v1/reviews/${later}`, `/v1/reviews/${later}/claim`);
    expect((await queue(50))[0]).toBe(later);
    const body = { outcome: 'dismissed', text: 'on duty' };
    expect((await auditor.change(`/v1/reviews/${later}`, `/v1/reviews/${later}/findings`, body)).status).toBe(200);
    expect((await queue(50)).slice(0, 2)).toEqual([overdue, newest]);
  });

  it('is read on the record', async () => {
    const before = await readings();
    await auditor.get('/v1/reviews');
    await auditor.get(`/v1/reviews/${await refusedAccess(await api.as(world.directory.tripoli.approver))}`);
    expect((await readings()) - before).toBe(2);
  });

  /** The whole queue, page by page: ids in their order, none twice. */
  async function queue(limit: number): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const { json } = await auditor.get(`/v1/reviews?limit=${limit}${cursor === null ? '' : `&cursor=${cursor}`}`);
      ids.push(...(json.items as { id: string }[]).map(({ id }) => id));
      cursor = json.next as string | null;
    } while (cursor !== null);
    expect(new Set(ids).size).toBe(ids.length);
    return ids;
  }

  async function readings(): Promise<number> {
    const { id } = world.directory.tripoli;
    const sql = `SELECT FROM amana.custody_event WHERE chain_id = $1 AND kind = 'record-read'`;
    return (await world.query(sql, [id])).length;
  }
});

describe('the first share with a state', () => {
  /** A proposal as it was made, and the reviews it raises. */
  async function proposed(state: 'proposed' | 'refused' | 'active'): Promise<string[]> {
    const id = await grantTo(world, exhibit, world.directory.rome, state);
    const { tripoli, rome } = world.directory;
    if (state !== 'active') await world.query(`UPDATE amana.evidence_grant SET undertaking = NULL WHERE id = $1`, [id]);
    const { officerId, agencyId } = { officerId: tripoli.investigator.id, agencyId: tripoli.id };
    const caseId = (
      await world.query<{ id: never }>(`SELECT case_id AS id FROM amana.exhibit WHERE id = $1`, [exhibit.id])
    )[0]!.id;
    const app = await openDatabase(world.database.appUrl, 1);
    const acting = { officerId, agencyId, state: 'LY', roles: [], certified: true } as never;
    const [event] = await app.database.asOfficer(acting, (tx) =>
      new Custody().append(tx, [
        {
          visibleTo: [],
          statement: {
            kind: 'grant-proposed',
            chain: { kind: 'case', id: caseId },
            exhibitId: exhibit.id,
            actor: { kind: 'officer', officerId, agencyId, role: 'investigator' },
            counterpart: { agencyId: rome.id },
            authority: { grantId: id },
            result: 'done',
          },
        },
      ]),
    );
    await app.close();
    await raiseFor(event!.id);
    return (await world.query<{ rule: string }>(`SELECT rule FROM amana.review WHERE event_id = $1`, [event!.id])).map(
      ({ rule }) => rule,
    );
  }

  it('raises a review, and again after proposals that were refused or came to nothing, until one was accepted', async () => {
    expect(await proposed('refused')).toEqual(['first-share-to-state']);
    expect(await proposed('proposed')).toEqual(['first-share-to-state']);
    expect(await proposed('active')).toEqual(['first-share-to-state']);
    expect(await proposed('proposed')).toEqual([]);
  });
});
