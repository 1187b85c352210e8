import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createApi } from '../../../apps/api/api.js';
import type { ApiClient } from '../../support/api-client.js';
import { erasingInTest, GROUND } from '../../support/erasing.js';
import { grantTo } from '../../support/grants.js';

const given = erasingInTest(createApi);
const as = (name: 'investigator' | 'approver' | 'auditor') => given.api.as(given.world.directory.tripoli[name]);
const NOWHERE = '00000000-0000-4000-8000-000000000000';

describe('who erases', () => {
  it.each(['investigator', 'auditor'] as const)(
    'an %s proposes nothing, and the refusal is on the record',
    async (role) => {
      const { exhibit, event } = await given.heldExhibit();
      const { json } = await given.propose(event, await as(role));
      expect(json).toMatchObject({
        status: 403,
        rule: 'role-not-entitled',
        source: expect.stringContaining('2016/680'),
      });
      expect(await given.kindsOf(exhibit)).toContain('access-refused');
    },
  );

  it('to another agency the event is not there, though it may read it', async () => {
    const { exhibit, event } = await given.heldExhibit();
    const { rome, stranger } = given.world.directory;
    await grantTo(given.world, exhibit, rome);
    const id = await given.proposed(event);
    await given.become(stranger.investigator, ['approver', 'agency-admin']);
    for (const client of [await given.api.as(rome.approver), await given.api.as(stranger.investigator)]) {
      expect((await given.propose(event, client)).status).toBe(404);
      expect((await client.get(`/v1/erasures/${id}`)).status).toBe(404);
      expect((await client.get('/v1/erasures')).json.items).toEqual([]);
      for (const verb of ['approval', 'refusal'])
        expect(
          (
            await client.post(`/v1/erasures/${id}/${verb}`, verb === 'refusal' ? { reason: 'none' } : {}, {
              'if-match': '"1"',
            })
          ).status,
        ).toBe(404);
    }
    expect(await given.isWhole(event)).toBe(true);
  });

  it('nobody approves their own proposal, and the refusal is on the record', async () => {
    const { exhibit, event } = await given.heldExhibit();
    const id = await given.proposed(event, given.approver);
    expect((await given.decide(given.approver, id, 'approval')).json).toMatchObject({
      ...{ status: 403, code: 'own-proposal', rule: 'own-proposal', source: 'four-eyes rule' },
    });
    expect(await given.isWhole(event)).toBe(true);
    expect(await given.kindsOf(exhibit)).toContain('access-refused');
  });

  it('an administrator alone approves nothing', async () => {
    const { event } = await given.heldExhibit();
    const id = await given.proposed(event, given.approver);
    expect((await given.decide(given.administrator, id, 'approval')).json.rule).toBe('role-not-entitled');
  });

  it('nobody approves that the record of their own act goes', async () => {
    const { prosecutor } = given.world.directory.tripoli;
    const { event } = await given.heldExhibit();
    const id = await given.proposed(event);
    await given.become(prosecutor, ['approver']);
    try {
      expect((await given.decide(given.holder, id, 'approval')).json).toMatchObject({ status: 403, rule: 'own-act' });
    } finally {
      await given.become(prosecutor, ['prosecutor']);
    }
    expect(await given.isWhole(event)).toBe(true);
  });

  it('an investigator sees no proposals', async () => {
    expect((await given.investigator.get('/v1/erasures')).json.rule).toBe('role-not-entitled');
    expect((await given.investigator.get(`/v1/erasures/${NOWHERE}`)).json.rule).toBe('role-not-entitled');
  });
});

describe('what is erased', () => {
  it.each(['exhibit-registered', 'manifest-signed', 'file-stored', 'exhibit-stored'])(
    'is never an event %s, which proves the exhibit',
    async (kind) => {
      const exhibit = await given.sealedExhibit();
      const { json } = await given.propose(await given.eventOf(exhibit, kind));
      expect(json).toMatchObject({
        status: 403,
        rule: 'event-not-erasable',
        source: expect.stringContaining('Art. 16'),
      });
    },
  );

  it('is no event about an erasure', async () => {
    const { exhibit, event } = await given.heldExhibit();
    await given.erased(event);
    for (const kind of ['erasure-proposed', 'event-erased'])
      expect((await given.propose(await given.eventOf(exhibit, kind))).json.rule).toBe('event-not-erasable');
  });

  it('is under a published head', async () => {
    const { exhibit } = await given.heldExhibit();
    await given.investigator.get(`/v1/events?exhibitId=${exhibit.id}`);
    const [row] = await given.world.query<{ id: never }>(
      `SELECT id FROM amana.custody_event WHERE exhibit_id = $1 AND kind = 'record-read'`,
      [exhibit.id],
    );
    expect((await given.propose(row!.id)).json.rule).toBe('event-not-published');
  });

  it.each<[string, string, (event: string, exhibit: string) => [string, unknown[]]]>([
    [
      'of an exhibit on hold',
      'event-under-hold',
      (_, exhibit) => [`UPDATE amana.exhibit SET state = 'on-hold' WHERE id = $1`, [exhibit]],
    ],
    ['under review', 'event-under-review', (event) => [REVIEWED, [event, 'queued']]],
    ['claimed by an auditor', 'event-under-review', (event) => [REVIEWED, [event, 'claimed']]],
  ])('is nothing %s, when it is proposed and when it is approved', async (_, rule, how) => {
    const { exhibit, event } = await given.heldExhibit();
    const id = await given.proposed(event);
    await given.world.query(...how(event, exhibit.id));
    expect((await given.decide(given.approver, id, 'approval')).json).toMatchObject({ status: 403, rule });
    await given.decide(given.administrator, id, 'refusal', { reason: 'not now' });
    expect((await given.propose(event)).json).toMatchObject({ status: 403, rule });
    expect(await given.isWhole(event)).toBe(true);
  });
  const REVIEWED = `INSERT INTO amana.review (id, rule, event_id, event_kind, states, because, state, due_at)
    VALUES (gen_random_uuid(), 'failed-check', $1, 'exhibit-held', '{LY}', '', $2, now())`;

  it('is no retrieval that still runs', async () => {
    const exhibit = await given.sealedExhibit();
    await given.investigator.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'examination' });
    const event = await given.eventOf(exhibit, 'retrieval-authorised');
    expect((await given.propose(event)).json).toMatchObject({ status: 403, rule: 'event-in-use' });
  });

  it('is no grant that still opens something', async () => {
    const exhibit = await given.sealedExhibit();
    const id = await given.offered([exhibit]);
    const event = await given.eventOf(exhibit, 'grant-proposed');
    expect((await given.propose(event)).json).toMatchObject({ status: 403, rule: 'event-in-use' });
    await given.step(given.holder, id, 'refusal', { reason: 'not needed' });
    await given.erased(event);
  });
});

describe('a request', () => {
  it.each<[string, unknown]>([
    ['nothing', {}],
    ['words for a ground', { ground: 'GDPR' }],
    ['no reason', { ground: { instrument: 'Act', number: '1' } }],
    ['an empty reason', { ground: { ...GROUND, reason: '' } }],
    ['a line feed in the ground', { ground: { ...GROUND, number: 'Art. 1\nverdict: verified' } }],
    ['text that turns around', { ground: { ...GROUND, instrument: 'Act \u202e gpj' } }],
    ['an unknown field', { ground: GROUND, force: true }],
    ['too long a reason', { ground: { ...GROUND, reason: 'x'.repeat(1001) } }],
  ])('with %s is refused', async (_, body) => {
    expect((await given.propose(NOWHERE as never, given.administrator, body)).status).toBe(400);
  });

  it('for what is not there is answered so', async () => {
    expect((await given.propose(NOWHERE as never)).status).toBe(404);
    expect((await given.administrator.post('/v1/events/x/erasure', { ground: GROUND })).status).toBe(400);
    expect((await given.approver.get(`/v1/erasures/${NOWHERE}`)).status).toBe(404);
  });

  it('rests on the proposal as it is now, and on one alone', async () => {
    const { event } = await given.heldExhibit();
    const id = await given.proposed(event);
    expect((await given.propose(event)).status).toBe(409);
    const approve = (headers: Record<string, string>, client: ApiClient = given.approver) =>
      client.post(`/v1/erasures/${id}/approval`, {}, headers);
    expect((await approve({})).status).toBe(428);
    expect((await approve({ 'if-match': '"2"' })).status).toBe(412);
    const both = await Promise.all([approve({ 'if-match': '"1"' }), approve({ 'if-match': '"1"' })]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await given.decide(given.approver, id, 'approval')).status).toBe(409);
    expect((await given.decide(given.administrator, id, 'refusal', { reason: 'too late' })).status).toBe(409);
    expect((await given.propose(event)).status).toBe(404);
  });

  it('with a key that came with another is refused', async () => {
    const { event } = await given.heldExhibit();
    const key = { 'idempotency-key': randomUUID() };
    await given.administrator.post(`/v1/events/${event}/erasure`, { ground: GROUND }, key);
    const other = { ground: { ...GROUND, number: 'Art. 16(3)' } };
    expect((await given.administrator.post(`/v1/events/${event}/erasure`, other, key)).status).toBe(422);
  });
});
