import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RequestView } from '#domain/contract';
import { mayBecome, REQUEST_STATES, REQUEST_TRANSITIONS } from '#domain/evidence';
import { exampleForm } from '#domain/requests';
import { createApi } from '../../apps/api/api.js';
import type { Answer, ApiClient } from '../support/api-client.js';
import { grantTo } from '../support/grants.js';
import { requestsInTest } from '../support/requests-in-test.js';

const given = requestsInTest(createApi);
const world = () => given.sharing.world;
const DAY = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY).toISOString();
const CONSULTED = 'Before we decide: our law knows no such measure for this offence. Is another acceptable?';

/** What is due of a request, by milestone. */
const deadlinesOf = (view: RequestView) =>
  Object.fromEntries(view.deadlines.map((deadline) => [deadline.milestone, deadline]));

describe('a request', () => {
  it('is drafted, submitted, acknowledged, answered, fulfilled by a grant, and closed; both registers say so', async () => {
    const { tripoli, rome } = world().directory;
    const id = await given.draft();
    expect((await given.asked.get(`/v1/requests/${id}`)).status).toBe(404);
    const submitted = RequestView.parse(await given.must(given.asking, id, 'submit'));
    expect(submitted).toMatchObject({ state: 'submitted', submittedBy: rome.prosecutor.id, form: exampleForm('mla') });
    expect(submitted.deadlines.map(({ milestone }) => milestone).sort()).toEqual([
      'acknowledgement',
      'decision',
      'execution',
    ]);
    expect((await given.asked.get(`/v1/requests/${id}`)).json).toMatchObject({ state: 'submitted' });
    const acknowledged = RequestView.parse(await given.must(given.asked, id, 'acknowledge'));
    expect(deadlinesOf(acknowledged).acknowledgement?.endedAt).toBe(acknowledged.acknowledgedAt);
    const granted = RequestView.parse(await given.must(given.asked, id, 'answer', { outcome: 'granted' }));
    expect(granted).toMatchObject({
      state: 'granted',
      answer: { outcome: 'granted' },
      answeredBy: tripoli.prosecutor.id,
    });
    const exhibit = await given.sharing.sealedExhibit();
    const grantId = await grantTo(world(), exhibit, rome, 'approved');
    const fulfilled = RequestView.parse(await given.must(given.asked, id, 'fulfilment', { grantIds: [grantId] }));
    expect(fulfilled.grants).toEqual([{ grantId, exhibitIds: [exhibit.id] }]);
    expect(fulfilled.deadlines.every(({ endedAt }) => endedAt !== null)).toBe(true);
    const closed = RequestView.parse(await given.must(given.asking, id, 'close'));
    expect([closed.state, closed.endedAt]).toEqual(['closed', expect.any(String)]);
    const steps = ['submitted', 'acknowledged', 'answered', 'fulfilled', 'closed'].map((step) => `request-${step}`);
    expect(await given.kindsIn(rome.id, id)).toEqual(steps);
    expect(await given.kindsIn(tripoli.id, id)).toEqual(steps);
  });

  it('is changed while it is a draft, by its asking authority, and never after', async () => {
    const id = await given.draft();
    const change = (version: number, form: unknown, client = given.asking) =>
      client.send('PATCH', `/v1/requests/${id}`, JSON.stringify({ form }), {
        'content-type': 'application/json',
        'if-match': `"${version}"`,
      });
    const other = { ...exampleForm('mla'), subject: 'Laundering of what was earned by it' };
    const changed = await change(1, other);
    expect([changed.status, changed.headers.get('etag'), changed.json.form]).toEqual([200, '"2"', other]);
    expect((await change(1, other)).json).toMatchObject({ status: 412, code: 'precondition-failed' });
    expect((await change(2, exampleForm('spontaneous'))).json).toMatchObject({ status: 409 });
    expect((await change(2, { ...other, facts: '' })).status).toBe(400);
    expect((await change(2, other, given.asked)).status).toBe(404);
    await given.must(given.asking, id, 'submit');
    expect((await change(3, other)).json).toMatchObject({ status: 409 });
    expect((await change(3, other, given.asked)).json).toMatchObject({ status: 403, rule: 'not-the-asking-authority' });
  });

  it('is refused on a ground of its instrument, after the asking authority was consulted, with the law cited', async () => {
    const id = await given.bring('acknowledged');
    const refuse = (ground: string) =>
      given.act(given.asked, id, 'answer', { outcome: 'refused', ground, because: 'It would endanger an agent.' });
    expect((await refuse('ne-bis-in-idem')).json).toMatchObject({ status: 403, rule: 'ground-not-listed' });
    expect((await refuse('ongoing-proceedings')).json).toMatchObject({ status: 403, rule: 'ground-not-listed' });
    expect((await refuse('essential-interests')).json).toMatchObject({
      ...{ status: 403, rule: 'consultation-missing', source: expect.stringContaining('UNTOC Art. 18(26)') },
    });
    await given.must(given.asking, id, 'clarifications', { text: 'When may we expect an answer?' });
    expect((await refuse('essential-interests')).json.rule).toBe('consultation-missing');
    await given.must(given.asked, id, 'clarifications', { text: CONSULTED });
    const refused = await refuse('essential-interests');
    expect(refused.json).toMatchObject({
      state: 'refused',
      answer: { ground: 'essential-interests', source: 'UNTOC Art. 18(21)(b)', because: 'It would endanger an agent.' },
    });
    expect(RequestView.parse(refused.json).deadlines.every(({ endedAt }) => endedAt !== null)).toBe(true);
    expect((await given.act(given.asked, id, 'fulfilment', { grantIds: [randomUUID()] })).status).toBe(404);
    expect((await given.must(given.asking, id, 'close')).state).toBe('closed');
  });

  it('is postponed until a date, which moves what is due, and postponed again', async () => {
    const id = await given.bring('acknowledged');
    await given.must(given.asked, id, 'clarifications', { text: CONSULTED });
    const postpone = (until: string) =>
      given.act(given.asked, id, 'answer', {
        ...{ outcome: 'postponed', ground: 'ongoing-proceedings', because: 'The telephone is an exhibit here.', until },
      });
    expect((await postpone(inDays(-1))).status).toBe(409);
    for (const until of [inDays(120), inDays(200)]) {
      const view = RequestView.parse((await postpone(until)).json);
      expect(view).toMatchObject({ state: 'postponed', answer: { until, source: 'UNTOC Art. 18(25)' } });
      expect(deadlinesOf(view).decision).toMatchObject({ dueAt: until, endedAt: null });
      expect(deadlinesOf(view).execution?.dueAt).toBe(new Date(Date.parse(until) + 90 * DAY).toISOString());
    }
    expect((await given.must(given.asked, id, 'answer', { outcome: 'granted' })).state).toBe('granted');
  });

  it('is executed in part, with what is not and why', async () => {
    const id = await given.bring('acknowledged');
    const partly = {
      outcome: 'partly-granted',
      ground: 'double-criminality',
      because: 'The second offence is none here.',
    };
    expect((await given.act(given.asked, id, 'answer', partly)).status).toBe(400);
    const view = await given.must(given.asked, id, 'answer', {
      ...partly,
      extent: 'The image, without its deleted files.',
    });
    expect(view).toMatchObject({ state: 'partly-granted', answer: { source: 'UNTOC Art. 18(9)' } });
  });

  it('is withdrawn by who asks, with the reason; as a draft without anybody else hearing of it', async () => {
    const { tripoli, rome } = world().directory;
    const reason = { reason: 'The suspect has confessed.' };
    const id = await given.bring('granted');
    expect((await given.act(given.asked, id, 'withdraw', reason)).json.rule).toBe('not-the-asking-authority');
    expect(await given.must(given.asking, id, 'withdraw', reason)).toMatchObject({
      ...{ state: 'withdrawn', withdrawal: reason.reason },
    });
    expect((await given.act(given.asking, id, 'submit')).status).toBe(409);
    const draft = await given.draft();
    await given.must(given.asking, draft, 'withdraw', reason);
    expect((await given.asked.get(`/v1/requests/${draft}`)).status).toBe(404);
    expect(await given.kindsIn(rome.id, draft)).toEqual(['request-withdrawn']);
    expect(await given.kindsIn(tripoli.id, draft)).toEqual([]);
  });

  it('keeps a thread in which both sides write, in order, each once a key', async () => {
    const id = await given.bring('submitted');
    const key = { 'idempotency-key': randomUUID() };
    const ask = () => given.asked.post(`/v1/requests/${id}/clarifications`, { text: 'Which telephone?' }, key);
    const first = await ask();
    expect([first.status, (await ask()).json]).toEqual([201, first.json]);
    const view = await given.must(given.asking, id, 'clarifications', { text: 'The one with the cracked screen.' });
    expect(RequestView.parse(view).clarifications.map(({ agencyId, text }) => [agencyId, text])).toEqual([
      [world().directory.tripoli.id, 'Which telephone?'],
      [world().directory.rome.id, 'The one with the cracked screen.'],
    ]);
    expect((await given.asked.post(`/v1/requests/${id}/acknowledge`, {}, { 'if-match': '"2"' })).status).toBe(412);
  });

  it('puts no word of what was written on the record, only its digest', async () => {
    const id = await given.bring('submitted');
    await given.must(given.asked, id, 'clarifications', { text: 'Which telephone, the grey one?' });
    const rows = await world().query<{ said: string }>(
      `SELECT convert_from(body, 'UTF8') AS said FROM amana.custody_event WHERE convert_from(body, 'UTF8')::jsonb ->> 'requestId' = $1`,
      [id],
    );
    expect(rows).toHaveLength(4);
    for (const { said } of rows) {
      expect(said).not.toContain('grey');
      expect(said).not.toContain('adrift');
      expect(JSON.parse(said).hashAfter).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it('takes one of two answers at the same moment', async () => {
    const id = await given.bring('acknowledged');
    const tag = { 'if-match': (await given.asked.get(`/v1/requests/${id}`)).headers.get('etag') ?? '' };
    const answers = await Promise.all(
      [1, 2, 3].map(() => given.asked.post(`/v1/requests/${id}/answer`, { outcome: 'granted' }, tag)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect(await given.kindsIn(world().directory.rome.id, id)).toHaveLength(3);
  });
});

describe('what is refused', () => {
  it.each<[string, Record<string, unknown>, number, string]>([
    ['a field nobody asked for', { priority: 'high' }, 400, 'unknown-field'],
    ['no facts', { facts: '' }, 400, 'malformed-request'],
    ['facts of blanks', { facts: ' \n ' }, 400, 'malformed-request'],
    ['text turned round', { facts: 'abc\u202egpj' }, 400, 'malformed-request'],
    ['no offence', { offences: [] }, 400, 'malformed-request'],
    ['urgency without a reason', { urgency: 'urgent' }, 400, 'malformed-request'],
    ['a date without a reason', { executeBy: inDays(3) }, 400, 'malformed-request'],
    ['a person without a name', { persons: [{ kind: 'natural', position: 'witness' }] }, 400, 'malformed-request'],
    ['another instrument’s field', { measures: [] }, 400, 'unknown-field'],
    ['an instrument nobody knows', { instrument: 'letter' }, 400, 'malformed-request'],
  ])('a draft with %s', async (_name, changes, status, code) => {
    const answer = await given.asking.post('/v1/requests', given.draftOf('mla', changes));
    expect(answer.json).toMatchObject({ status, code });
  });

  it('a draft to oneself, to nobody, and on an order that does not bind both states', async () => {
    const { rome } = world().directory;
    const post = (body: Record<string, unknown>) => given.asking.post('/v1/requests', body);
    expect((await post({ ...given.draftOf(), toAgencyId: rome.id })).status).toBe(400);
    expect((await post({ ...given.draftOf(), toAgencyId: randomUUID() })).status).toBe(404);
    for (const instrument of ['eio', 'epo'] as const)
      expect((await post(given.draftOf(instrument))).json).toMatchObject({
        status: 403,
        rule: 'instrument-not-binding',
      });
  });

  it('a team’s request outside its team, and under an agreement that was suspended', async () => {
    const { stranger } = world().directory;
    const post = (changes: Record<string, unknown> = {}) =>
      given.asking.post('/v1/requests', { ...given.draftOf('jit'), ...changes });
    expect((await post()).status).toBe(201);
    expect((await post({ toAgencyId: stranger.id })).json).toMatchObject({
      status: 403,
      rule: 'recipient-not-a-party',
    });
    const elsewhere = given.draftOf('jit', { teamId: randomUUID() });
    expect((await given.asking.post('/v1/requests', elsewhere)).status).toBe(404);
    await world().query(`UPDATE amana.agreement SET suspended = true`);
    try {
      expect((await post()).json).toMatchObject({ status: 403, rule: 'agreement-not-in-force' });
    } finally {
      await world().query(`UPDATE amana.agreement SET suspended = false`);
    }
  });

  it('a submission after the date that it asks for', async () => {
    const id = await given.draft('mla', { executeBy: inDays(-1), urgencyReason: 'The trial begins.' });
    expect((await given.act(given.asking, id, 'submit')).status).toBe(409);
  });

  it('every step that the life cycle does not list', async () => {
    const id = await given.draft();
    for (const [client, verb, body] of [
      [given.asking, 'close', {}],
      [given.asking, 'clarifications', { text: 'Hello?' }],
    ] as const)
      expect([verb, (await given.act(client, id, verb, body)).status]).toEqual([verb, 409]);
    await given.must(given.asking, id, 'submit');
    for (const [client, verb, body] of [
      [given.asking, 'submit', {}],
      [given.asking, 'close', {}],
      [given.asked, 'answer', { outcome: 'granted' }],
      [given.asked, 'fulfilment', { grantIds: [] }],
    ] as const)
      expect([verb, (await given.act(client, id, verb, body)).status]).toEqual([verb, 409]);
  });

  it('a fulfilment by grants that are not what was asked for', async () => {
    const { rome } = world().directory;
    const exhibit = await given.sharing.sealedExhibit();
    const id = await given.bring('granted');
    const fulfil = async (state: 'proposed' | 'revoked' | 'expired') =>
      (await given.act(given.asked, id, 'fulfilment', { grantIds: [await grantTo(world(), exhibit, rome, state)] }))
        .json;
    const [unapproved] = [await given.sharing.propose([exhibit])];
    expect((await given.act(given.asked, id, 'fulfilment', { grantIds: [unapproved] })).json).toMatchObject({
      ...{ status: 403, rule: 'approval-missing' },
    });
    expect(await fulfil('revoked')).toMatchObject({ status: 403, rule: 'grant-revoked' });
    expect(await fulfil('expired')).toMatchObject({ status: 403, rule: 'grant-expired' });
    expect((await given.act(given.asked, id, 'fulfilment', { grantIds: [] })).status).toBe(409);
    expect((await given.act(given.asked, id, 'fulfilment', { grantIds: [randomUUID()] })).status).toBe(404);
    expect((await given.act(given.asking, id, 'fulfilment', { grantIds: [] })).json.rule).toBe(
      'not-the-supplying-authority',
    );
  });
});

describe('who may', () => {
  const STEPS: [string, unknown][] = [
    ['submit', {}],
    ['acknowledge', {}],
    ['answer', { outcome: 'granted' }],
    ['clarifications', { text: 'Which?' }],
    ['fulfilment', { grantIds: [] }],
    ['close', {}],
    ['withdraw', { reason: 'No longer needed' }],
  ];

  it.each(STEPS)('%s: a stranger hears the same of a request as of none', async (verb, body) => {
    const id = await given.bring('submitted');
    const strip = ({ status, json }: Answer) => ({ status, json });
    const ask = (target: string) =>
      given.stranger.post(`/v1/requests/${target}/${verb}`, body, { 'if-match': '"1"' }).then(strip);
    expect(await ask(id)).toEqual(await ask(randomUUID()));
    expect((await ask(id)).status).toBe(404);
    expect((await given.stranger.get(`/v1/requests/${id}`)).status).toBe(404);
  });

  it.each(STEPS.filter(([verb]) => verb !== 'clarifications'))('%s needs an If-Match', async (verb, body) => {
    const id = await given.bring('submitted');
    const client = ['submit', 'close', 'withdraw'].includes(verb) ? given.asking : given.asked;
    expect((await client.post(`/v1/requests/${id}/${verb}`, body)).json).toMatchObject({ status: 428 });
    expect((await client.post(`/v1/requests/${id}/${verb}`, body, { 'if-match': 'W/"1"' })).status).toBe(400);
  });

  it.each<[string, () => Promise<ApiClient>, string, unknown, string]>([
    ['an auditor of the asking agency', () => as('rome', 'auditor'), 'submit', {}, 'role-not-entitled'],
    ['an approver of the asking agency', () => as('rome', 'approver'), 'submit', {}, 'role-not-entitled'],
    [
      'an investigator of the agency asked',
      () => as('tripoli', 'investigator'),
      'acknowledge',
      {},
      'role-not-entitled',
    ],
    ['the asking authority', () => as('rome', 'prosecutor'), 'acknowledge', {}, 'role-not-entitled or side'],
    [
      'the asking authority',
      () => as('rome', 'prosecutor'),
      'answer',
      { outcome: 'granted' },
      'role-not-entitled or side',
    ],
  ])('not %s: %s', async (_name, client, verb, body, rule) => {
    const id = await given.bring('submitted');
    const { status, json } = await given.act(await client(), id, verb, body);
    expect([status, json.rule]).toEqual([403, rule.includes('side') ? 'not-the-authority-asked' : rule]);
  });
  const as = (agency: 'rome' | 'tripoli', role: 'auditor' | 'approver' | 'prosecutor' | 'investigator') =>
    given.sharing.api.as(world().directory[agency][role]);

  it('oversight of either state reads what was submitted and changes nothing', async () => {
    const [draft, id] = [await given.draft(), await given.bring('submitted')];
    for (const agency of ['rome', 'tripoli'] as const) {
      const auditor = await as(agency, 'auditor');
      expect((await auditor.get(`/v1/requests/${id}`)).status).toBe(200);
      expect((await auditor.get(`/v1/requests/${draft}`)).status).toBe(agency === 'rome' ? 403 : 404);
      const listed = (await auditor.get('/v1/requests?limit=200')).json.items as { id: string }[];
      expect(listed.map((one) => one.id)).toContain(id);
      expect(listed.map((one) => one.id)).not.toContain(draft);
      expect((await given.act(auditor, id, 'withdraw', { reason: 'mine' })).status).toBe(403);
    }
  });

  it('an administrator without casework reads none', async () => {
    const { colleague } = world().directory.tripoli;
    await world().query(`UPDATE amana.officer SET roles = '{agency-admin}' WHERE id = $1`, [colleague.id]);
    try {
      const client = await given.sharing.api.as(colleague);
      const id = await given.bring('submitted');
      for (const path of ['/v1/requests', '/v1/requests/calendar', `/v1/requests/${id}`])
        expect([path, (await client.get(path)).json.rule]).toEqual([path, 'role-not-entitled']);
    } finally {
      await world().query(`UPDATE amana.officer SET roles = '{investigator}' WHERE id = $1`, [colleague.id]);
    }
  });
});

describe('spontaneous information', () => {
  it('is supplied by who gave it, once its conditions are accepted', async () => {
    const { tripoli, rome } = world().directory;
    const body = { toAgencyId: rome.id, form: exampleForm('spontaneous') };
    const { json } = await given.asked.post('/v1/requests', body);
    const id = json.id as string;
    await given.must(given.asked, id, 'submit');
    await given.must(given.asking, id, 'acknowledge');
    await given.must(given.asking, id, 'answer', { outcome: 'granted', because: 'For that trial alone.' });
    const grantId = await grantTo(world(), await given.sharing.sealedExhibit(), rome, 'active');
    expect((await given.act(given.asking, id, 'fulfilment', { grantIds: [grantId] })).json.rule).toBe(
      'not-the-supplying-authority',
    );
    expect((await given.must(given.asked, id, 'fulfilment', { grantIds: [grantId] })).state).toBe('fulfilled');
    expect(await given.kindsIn(tripoli.id, id)).toContain('request-fulfilled');
  });
});

describe('orders of the Union', () => {
  const inUnion = (state: string) =>
    world().query(`UPDATE amana.agency SET state = $2 WHERE id = $1`, [world().directory.tripoli.id, state]);
  beforeAll(() => inUnion('FR'));
  afterAll(() => inUnion('LY'));

  it('an emergency of production is due in eight hours, an investigation order in the periods of its directive', async () => {
    const emergency = { urgency: 'emergency', urgencyReason: 'A boat with forty people is adrift.' };
    const order = RequestView.parse(await given.must(given.asking, await given.draft('epo', emergency), 'submit'));
    const hours = (view: RequestView, milestone: string) =>
      (Date.parse(deadlinesOf(view)[milestone]?.dueAt ?? '') - Date.parse(view.submittedAt ?? '')) / 3_600_000;
    expect(hours(order, 'execution')).toBe(8);
    const eio = RequestView.parse(await given.must(given.asking, await given.draft('eio'), 'submit'));
    expect(['acknowledgement', 'decision', 'execution'].map((one) => hours(eio, one) / 24)).toEqual([7, 30, 120]);
    expect(deadlinesOf(eio).acknowledgement).toMatchObject({
      binding: true,
      source: 'Directive 2014/41/EU Art. 16(1)',
    });
  });
});

describe('the list of requests', () => {
  it('pages by cursor, and filters by state, direction and what is due', async () => {
    const first = await given.bring('submitted');
    await given.bring('acknowledged');
    const ids = async (query: string, client = given.asking) => {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Answer = await client.get(`/v1/requests?limit=3&${query}${cursor && `&cursor=${cursor}`}`);
        expect([page.status, page.json.items.length <= 3]).toEqual([200, true]);
        seen.push(...(page.json.items as { id: string }[]).map(({ id }) => id));
        cursor = page.json.next as string | null;
      }
      return seen;
    };
    const all = await ids('');
    expect(new Set(all).size).toBe(all.length);
    expect(await ids('direction=received', given.asked)).not.toEqual([]);
    expect(await ids('state=submitted')).toContain(first);
    expect(await ids('state=granted')).not.toContain(first);
    expect(await ids('direction=made')).toContain(first);
    expect(await ids('direction=received')).not.toContain(first);
    expect(await ids(`dueBefore=${inDays(200)}`)).toContain(first);
    expect(await ids(`dueBefore=${inDays(1)}`)).not.toContain(first);
    expect(await ids('', given.stranger)).toEqual([]);
    for (const query of ['state=lost', 'dueBefore=tomorrow', 'direction=up', 'cursor=zz'])
      expect([query, (await given.asking.get(`/v1/requests?${query}`)).status]).toEqual([query, 400]);
    expect((await given.asking.get('/v1/requests?overdue=1')).json.code).toBe('unknown-field');
  });

  it('is a calendar too, which names no person and no fact', async () => {
    const id = await given.bring('submitted');
    const answer = await given.asked.get('/v1/requests/calendar?direction=received');
    const text = new TextDecoder().decode(answer.bytes).replace(/\r\n /g, '');
    expect(answer.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    expect(text).toContain(`UID:${id}-acknowledgement@amana`);
    expect(text).not.toContain('Captain');
    const none = new TextDecoder().decode((await given.stranger.get('/v1/requests/calendar')).bytes);
    expect(none).not.toContain('VEVENT');
  });
});

describe('the database’s own wall', () => {
  it('knows the same life cycle as the domain', async () => {
    const rows = await world().query<{ was: string; becomes: string; may: boolean }>(
      `SELECT was, becomes, amana.request_may_become(was, becomes) AS may FROM unnest($1::text[]) AS was CROSS JOIN unnest($1::text[]) AS becomes`,
      [REQUEST_STATES],
    );
    expect(rows).toHaveLength(REQUEST_STATES.length ** 2);
    const wrong = rows.filter(
      ({ was, becomes, may }) => may !== mayBecome(REQUEST_TRANSITIONS, was as 'draft', becomes as 'draft'),
    );
    expect(wrong).toEqual([]);
  });
});
