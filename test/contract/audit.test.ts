import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import type { ApiClient } from '../support/api-client.js';
import { bringIn, sampleExhibit } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
let auditor: ApiClient;
let foreignAuditor: ApiClient;
let investigator: ApiClient;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  const { tripoli, rome } = world.directory;
  [auditor, foreignAuditor, investigator] = await Promise.all([
    api.as(tripoli.auditor),
    api.as(rome.auditor),
    api.as(tripoli.investigator),
  ]);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

/** A review of a refused access in the first state, as the worker raises it. The raising itself is tested with the worker. */
async function raised(because = 'refused'): Promise<string> {
  const exhibit = await sampleExhibit(world.directory.tripoli.investigator);
  await bringIn(investigator, exhibit);
  const id = randomUUID();
  await world.query(
    `INSERT INTO amana.review (id, rule, event_id, event_kind, exhibit_id, states, because, due_at)
     SELECT $1, 'refused-access', id, kind, exhibit_id, states, $3, now() + interval '3 days' FROM amana.custody_event WHERE exhibit_id = $2 LIMIT 1`,
    [id, exhibit.id, because],
  );
  return id;
}

const claim = (client: ApiClient, id: string) => client.change(`/v1/reviews/${id}`, `/v1/reviews/${id}/claim`);
const conclude = (client: ApiClient, id: string, body: unknown) =>
  client.change(`/v1/reviews/${id}`, `/v1/reviews/${id}/findings`, body);

describe('the audit queue', () => {
  it('is worked by an auditor: claimed, recorded, closed, each an event', async () => {
    const id = await raised();
    expect((await auditor.get('/v1/reviews')).json.items).toEqual(
      expect.arrayContaining([expect.objectContaining({ id, state: 'queued' })]),
    );
    expect((await claim(auditor, id)).json).toMatchObject({
      state: 'claimed',
      claimedBy: world.directory.tripoli.auditor.id,
    });
    const closed = await conclude(auditor, id, { outcome: 'finding', text: 'access without need' });
    expect(closed.json).toMatchObject({ state: 'closed', outcome: 'finding', finding: 'access without need' });
    const events = await world.query<{ kind: string }>(
      `SELECT kind FROM amana.custody_event WHERE chain_id = $1 AND kind LIKE 'review-%' ORDER BY case_seq`,
      [world.directory.tripoli.id],
    );
    expect(events.map(({ kind }) => kind).slice(-2)).toEqual(['review-claimed', 'review-recorded']);
  });

  it('gives a review to one of two auditors who claim it at once', async () => {
    const id = await raised();
    const second = randomUUID();
    await world.query(
      `INSERT INTO amana.officer (id, agency_id, issuer, subject, email, name, roles, key_state, certificate)
       SELECT $1, agency_id, issuer, $2, $2, 'Second', roles, key_state, certificate FROM amana.officer WHERE id = $3`,
      [second, second, world.directory.tripoli.auditor.id],
    );
    const other = await world.as({ ...world.directory.tripoli.auditor, subject: second }, api.baseUrl);
    const seen = { 'if-match': '"1"' };
    const answers = await Promise.all(
      [auditor, other].map((client) => client.post(`/v1/reviews/${id}/claim`, {}, seen)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    const loser = answers[0]?.status === 412 ? auditor : other;
    expect((await claim(loser, id)).status).toBe(409);
    expect((await conclude(loser, id, { outcome: 'dismissed', text: 'mine' })).status).toBe(409);
  });

  it('lets a claim be repeated by who has it, and a closed review not be opened again', async () => {
    const id = await raised();
    await claim(auditor, id);
    expect((await claim(auditor, id)).status).toBe(200);
    await conclude(auditor, id, { outcome: 'dismissed', text: 'in order' });
    expect((await claim(auditor, id)).status).toBe(409);
    expect((await conclude(auditor, id, { outcome: 'finding', text: 'or not' })).status).toBe(409);
  });

  it.each<[string, unknown, number]>([
    ['an outcome nobody knows', { outcome: 'maybe', text: 'hm hm' }, 400],
    ['no words', { outcome: 'finding', text: '' }, 400],
    ['a field too many', { outcome: 'finding', text: 'found', state: 'closed' }, 400],
    ['a finding before a claim', { outcome: 'finding', text: 'found' }, 409],
  ])('refuses %s', async (_name, body, status) => {
    const id = await raised();
    expect((await conclude(auditor, id, body)).status).toBe(status);
  });

  it('is for auditors, each of their own state', async () => {
    const id = await raised();
    expect((await investigator.get('/v1/reviews')).json).toMatchObject({ status: 403, rule: 'role-not-entitled' });
    expect((await investigator.post(`/v1/reviews/${id}/claim`, {}, { 'if-match': '"1"' })).status).toBe(403);
    expect((await foreignAuditor.get('/v1/reviews')).json.items).toEqual([]);
    const [there, not] = await Promise.all([
      foreignAuditor.post(`/v1/reviews/${id}/claim`, {}, { 'if-match': '"1"' }),
      foreignAuditor.post(`/v1/reviews/${randomUUID()}/claim`, {}, { 'if-match': '"1"' }),
    ]);
    expect([there.status, there.json]).toEqual([not.status, not.json]);
    expect(there.status).toBe(404);
  });

  it('is exported as JSON lines and as CSV that no spreadsheet runs, and the export is an event', async () => {
    const id = await raised('=cmd|calc');
    const lines = await auditor.get('/v1/reviews/export?format=jsonl');
    const rows = Buffer.from(lines.bytes)
      .toString('utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string });
    expect(rows.map((row) => row.id)).toContain(id);
    const csv = await auditor.get('/v1/reviews/export?format=csv');
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="reviews.csv"');
    expect(Buffer.from(csv.bytes).toString('utf8')).toContain(",'=cmd|calc,");
    expect(await world.query(`SELECT FROM amana.custody_event WHERE kind = 'audit-exported'`)).toHaveLength(2);
    expect((await auditor.get('/v1/reviews/export?format=xml')).status).toBe(400);
    expect((await investigator.get('/v1/reviews/export')).status).toBe(403);
  });
});
