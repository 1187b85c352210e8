import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CustodyEvent } from '#domain/custody';
import { Custody } from '#server/custody';
import { Outbox } from '#server/outbox';
import { RequestTimes } from '#server/requests';
import { createApi } from '../../apps/api/api.js';
import { openDatabase, type OpenDatabase } from '../support/database.js';
import { until } from '../support/records.js';
import { requestsInTest } from '../support/requests-in-test.js';
import { spawnWorker, untilReady } from '../support/worker.js';

const given = requestsInTest(createApi);
const world = () => given.sharing.world;

let worker: OpenDatabase;
let times: RequestTimes;
beforeAll(async () => {
  worker = await openDatabase(world().database.workerUrl);
  times = new RequestTimes(worker.database, new Custody(), new Outbox());
});
afterAll(() => worker?.close());

/** Moves what is due of a request, as if it had been submitted earlier. */
const dueIn = (id: string, milestone: string, interval: string, remind = interval) =>
  world().query(
    `UPDATE amana.request_deadline SET due_at = now() + $3::interval, remind_at = now() + $4::interval
     WHERE request_id = $1 AND milestone = $2 AND NOT replaced`,
    [id, milestone, interval, remind],
  );
async function eventsOf(id: string, kind: string): Promise<CustodyEvent[]> {
  const rows = await world().query<{ body: Buffer }>(
    `SELECT body FROM amana.custody_event WHERE kind = $2 AND convert_from(body, 'UTF8')::jsonb ->> 'requestId' = $1`,
    [id, kind],
  );
  return rows.map(({ body }) => JSON.parse(body.toString()) as CustodyEvent);
}
const reviewJobsOf = async (id: string) =>
  world().query(
    `SELECT o.key FROM amana.outbox o JOIN amana.custody_event e ON o.key = 'review-event/' || e.id
     WHERE e.kind = 'request-overdue' AND convert_from(e.body, 'UTF8')::jsonb ->> 'requestId' = $1`,
    [id],
  );
const registersOf = (events: readonly CustodyEvent[]) => events.map(({ chain }) => chain.id).sort();
const bothRegisters = () => [world().directory.rome.id, world().directory.tripoli.id].sort();

describe('what is due soon', () => {
  it('is told once to the authority that has to act, and not again once it is done', async () => {
    const [id, other] = [await given.bring('submitted'), await given.bring('submitted')];
    for (const one of [id, other]) await dueIn(one, 'acknowledgement', '1 hour', '-1 minute');
    await given.must(given.asked, other, 'acknowledge');
    expect((await Promise.all([times.remind(), times.remind()])).sort()).toEqual([0, 1]);
    expect(await times.remind()).toBe(0);
    const told = await eventsOf(id, 'request-due');
    expect(told).toMatchObject([{ detail: { milestone: 'acknowledgement' }, actor: { component: 'worker' } }]);
    expect(registersOf(told)).toEqual([world().directory.tripoli.id]);
    expect(await eventsOf(other, 'request-due')).toEqual([]);
  });
});

describe('what is overdue', () => {
  it('is told once, in both registers and to oversight, however many workers look', async () => {
    const id = await given.bring('submitted');
    const before = await given.asking.get(`/v1/requests/${id}`);
    await dueIn(id, 'acknowledgement', '-1 minute');
    expect((await Promise.all([times.tellOverdue(), times.tellOverdue()])).sort()).toEqual([0, 1]);
    expect(await times.tellOverdue()).toBe(0);
    const told = await eventsOf(id, 'request-overdue');
    expect(registersOf(told)).toEqual(bothRegisters());
    expect(told[0]).toMatchObject({ result: 'failed', reason: expect.stringContaining('UNTOC Art. 18(24)') });
    expect(await reviewJobsOf(id)).toHaveLength(1);
    const after = await given.asking.get(`/v1/requests/${id}`);
    expect(after.headers.get('etag')).not.toBe(before.headers.get('etag'));
    expect(after.json.deadlines).toContainEqual(
      expect.objectContaining({ milestone: 'acknowledgement', endedAt: null, overdueAt: expect.any(String) }),
    );
    expect(await times.remind()).toBe(0);
  });

  it('is told also when it was done late before anybody looked', async () => {
    const id = await given.bring('submitted');
    await dueIn(id, 'acknowledgement', '-1 minute');
    await given.must(given.asked, id, 'acknowledge');
    expect(await times.tellOverdue()).toBe(1);
    expect(await eventsOf(id, 'request-overdue')).toHaveLength(2);
  });

  it('is told also when its date was moved after it had passed', async () => {
    const id = await given.bring('acknowledged');
    await given.must(given.asked, id, 'clarifications', { text: 'Our own trial needs it first.' });
    await dueIn(id, 'decision', '-1 minute');
    await given.must(given.asked, id, 'answer', {
      ...{ outcome: 'postponed', ground: 'ongoing-proceedings', because: 'Trial in March.' },
      until: new Date(Date.now() + 86_400_000).toISOString(),
    });
    expect(await times.tellOverdue()).toBe(1);
    expect(await eventsOf(id, 'request-overdue')).toMatchObject([
      { detail: { milestone: 'decision' } },
      { detail: { milestone: 'decision' } },
    ]);
  });

  it('is nothing of what was done in time, withdrawn in time, or is a draft', async () => {
    const done = await given.bring('acknowledged');
    const withdrawn = await given.bring('submitted');
    await given.must(given.asking, withdrawn, 'withdraw', { reason: 'No longer needed.' });
    await given.draft();
    expect(await times.tellOverdue()).toBe(0);
    expect([...(await eventsOf(done, 'request-overdue')), ...(await eventsOf(withdrawn, 'request-overdue'))]).toEqual(
      [],
    );
  });

  it('is told by whoever comes next when the telling failed: the mark and the event commit together', async () => {
    const id = await given.bring('submitted');
    await dueIn(id, 'acknowledgement', '-1 minute');
    const custody = new Custody();
    const failing = Object.assign(Object.create(custody) as Custody, {
      append: () => Promise.reject(new Error('away')),
    });
    await expect(new RequestTimes(worker.database, failing, new Outbox()).tellOverdue()).rejects.toThrow('away');
    expect(await eventsOf(id, 'request-overdue')).toEqual([]);
    expect(await times.tellOverdue()).toBe(1);
  });

  it('waits for nobody who changes the request at that moment, and is told afterwards', async () => {
    const id = await given.bring('submitted');
    await dueIn(id, 'acknowledgement', '-1 minute');
    await worker.database.asPlatform(async (tx) => {
      await tx.query(`SELECT FROM amana.evidence_request WHERE id = $1 FOR UPDATE`, [id]);
      expect(await times.tellOverdue()).toBe(0);
    });
    expect(await times.tellOverdue()).toBe(1);
  });

  it('is told once, and reviewed once, by workers of which the first is killed in the middle', async () => {
    const id = await given.bring('submitted');
    await dueIn(id, 'acknowledgement', '-1 minute');
    const doomed = await spawnWorker(world(), { AMANA_FAULT_AT: 'before-commit' });
    expect(await doomed.ended).toBe('SIGKILL');
    expect(await eventsOf(id, 'request-overdue')).toEqual([]);
    const heir = await spawnWorker(world());
    await untilReady(heir);
    const reviewed = () =>
      world().query(
        `SELECT r.rule, r.because FROM amana.review r JOIN amana.custody_event e ON e.id = r.event_id
        WHERE convert_from(e.body, 'UTF8')::jsonb ->> 'requestId' = $1`,
        [id],
      );
    await until(async () => (await reviewed()).length > 0);
    expect(await eventsOf(id, 'request-overdue')).toHaveLength(2);
    expect(await reviewed()).toMatchObject([
      { rule: 'overdue-request', because: expect.stringContaining('acknowledgement') },
    ]);
    for (const agency of ['rome', 'tripoli'] as const) {
      const auditor = await given.sharing.api.as(world().directory[agency].auditor);
      const { items } = (await auditor.get('/v1/reviews?limit=200')).json as { items: { rule: string }[] };
      expect(items.map(({ rule }) => rule)).toContain('overdue-request');
    }
  }, 60_000);
});
