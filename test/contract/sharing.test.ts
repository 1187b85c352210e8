import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import type { Answer, ApiClient } from '../support/api-client.js';
import { bringIn, type SampleExhibit, sampleExhibit, wrapFileKey } from '../support/sample-exhibit.js';

let world: TestWorld;
let api: TestApi;
let investigator: ApiClient;
let approver: ApiClient;
let prosecutor: ApiClient;
let stranger: ApiClient;
let auditor: ApiClient;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  const { tripoli, rome, stranger: other } = world.directory;
  [investigator, approver, auditor, prosecutor, stranger] = await Promise.all([
    api.as(tripoli.investigator),
    api.as(tripoli.approver),
    api.as(tripoli.auditor),
    api.as(rome.prosecutor),
    api.as(other.investigator),
  ]);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

const HOUR = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR).toISOString();

/** An exhibit as the worker leaves it once it has checked it. The check itself is tested with the worker. */
async function sealedExhibit(): Promise<SampleExhibit> {
  const exhibit = await sampleExhibit(world.directory.tripoli.investigator);
  await bringIn(investigator, exhibit);
  await world.query(`UPDATE amana.exhibit SET state = 'sealed', sealed_at = now() WHERE id = $1`, [exhibit.id]);
  return exhibit;
}

function proposal(exhibit: SampleExhibit, changes: Record<string, unknown> = {}) {
  const { rome, teamId } = world.directory;
  return {
    exhibitIds: [exhibit.id],
    teamId,
    toAgencyId: rome.id,
    purpose: 'trial of the vessel master',
    legalBasis: 'JIT agreement, clause 4',
    expiresAt: inHours(24),
    wrappedKeys: exhibit.files.map((file) => ({
      fileId: file.id,
      header: Buffer.from(wrapFileKey(file, rome.keys.recipient)).toString('base64'),
    })),
    ...changes,
  };
}

async function propose(exhibit: SampleExhibit, changes: Record<string, unknown> = {}): Promise<string> {
  const answer = await investigator.post('/v1/grants', proposal(exhibit, changes));
  expect(answer.status).toBe(201);
  return answer.json.id as string;
}
const step = (client: ApiClient, id: string, verb: string, body: unknown = {}) =>
  client.change(`/v1/grants/${id}`, `/v1/grants/${id}/${verb}`, body);
const approve = (client: ApiClient, id: string) => step(client, id, 'approval');
const accept = (client: ApiClient, id: string) =>
  step(client, id, 'acceptance', { undertaking: 'for this trial alone' });
const revoke = (client: ApiClient, id: string) => step(client, id, 'revocation', { reason: 'no longer needed' });
const retrieve = (client: ApiClient, exhibit: SampleExhibit) =>
  client.post(`/v1/exhibits/${exhibit.id}/retrievals`, { purpose: 'trial' });
const kindsOf = async (exhibit: SampleExhibit) =>
  (
    await world.query<{ kind: string }>(
      `SELECT kind FROM amana.custody_event WHERE exhibit_id = $1 ORDER BY exhibit_seq`,
      [exhibit.id],
    )
  ).map(({ kind }) => kind);

describe('a grant', () => {
  let exhibit: SampleExhibit;
  beforeEach(async () => {
    exhibit = await sealedExhibit();
  });

  it('is proposed, approved by a second officer, accepted, and then opens the exhibit', async () => {
    expect((await prosecutor.get(`/v1/exhibits/${exhibit.id}`)).status).toBe(404);
    const id = await propose(exhibit);
    expect((await prosecutor.get(`/v1/grants/${id}`)).status).toBe(404);
    expect((await approve(approver, id)).json).toMatchObject({
      state: 'approved',
      approvedBy: world.directory.tripoli.approver.id,
    });
    const offer = await prosecutor.get(`/v1/exhibits/${exhibit.id}`);
    expect(offer.json).toMatchObject({ number: exhibit.registration.number, fileCount: 1, manifest: null });
    expect(offer.json.facts).toEqual({
      exhibitNumber: exhibit.registration.number,
      source: { type: exhibit.manifest.facts.source.type },
    });
    expect(JSON.stringify(offer.json)).not.toContain(exhibit.files[0]?.name);
    expect((await prosecutor.get(`/v1/exhibits/${exhibit.id}/receipt`)).json.rule).toBe('undertaking-missing');
    expect((await prosecutor.get(`/v1/events?exhibitId=${exhibit.id}`)).json.rule).toBe('undertaking-missing');
    expect((await retrieve(prosecutor, exhibit)).json).toMatchObject({ status: 403, rule: 'grant-not-live' });
    expect((await accept(prosecutor, id)).json).toMatchObject({ state: 'active', undertaking: 'for this trial alone' });
    expect((await prosecutor.get(`/v1/exhibits/${exhibit.id}`)).json).toMatchObject({
      facts: exhibit.manifest.facts,
      files: [{ name: exhibit.files[0]?.name }],
    });
    const retrieval = await retrieve(prosecutor, exhibit);
    expect(retrieval.status).toBe(201);
    expect(retrieval.json.files).toHaveLength(1);
    expect(await kindsOf(exhibit)).toEqual(
      expect.arrayContaining([
        'grant-proposed',
        'grant-approved',
        'access-refused',
        'grant-accepted',
        'retrieval-authorised',
      ]),
    );
  });

  it('is never approved by who proposed it, and the refusal is on the record', async () => {
    await world.query(`UPDATE amana.officer SET roles = '{investigator,approver}' WHERE id = $1`, [
      world.directory.tripoli.investigator.id,
    ]);
    try {
      const id = await propose(exhibit);
      const answer = await approve(investigator, id);
      expect(answer.json).toMatchObject({
        status: 403,
        code: 'own-proposal',
        rule: 'own-proposal',
        source: 'four-eyes rule',
      });
      expect((await investigator.get(`/v1/grants/${id}`)).json.state).toBe('proposed');
      expect(await kindsOf(exhibit)).toContain('access-refused');
    } finally {
      await world.query(`UPDATE amana.officer SET roles = '{investigator}' WHERE id = $1`, [
        world.directory.tripoli.investigator.id,
      ]);
    }
  });

  it('closes the exhibit again when it is revoked', async () => {
    const id = await propose(exhibit);
    await approve(approver, id);
    await accept(prosecutor, id);
    expect((await revoke(investigator, id)).json).toMatchObject({ state: 'revoked', reason: 'no longer needed' });
    expect((await retrieve(prosecutor, exhibit)).json).toMatchObject({
      status: 403,
      rule: 'grant-revoked',
      source: expect.stringContaining('2016/680'),
    });
    expect(await kindsOf(exhibit)).toContain('grant-revoked');
  });

  it('closes by the clock alone when it has run out, whatever its row says', async () => {
    const id = await propose(exhibit);
    await approve(approver, id);
    await accept(prosecutor, id);
    await world.query(
      `UPDATE amana.evidence_grant SET valid_from = now() - interval '2 hours', expires_at = now() - interval '1 hour' WHERE id = $1`,
      [id],
    );
    expect((await retrieve(prosecutor, exhibit)).json).toMatchObject({ status: 403, rule: 'grant-expired' });
  });

  it('carries nothing once the agreement is suspended', async () => {
    const id = await propose(exhibit);
    await approve(approver, id);
    await accept(prosecutor, id);
    await world.query(`UPDATE amana.agreement SET suspended = true`);
    try {
      expect((await retrieve(prosecutor, exhibit)).json).toMatchObject({ status: 403, rule: 'agreement-not-in-force' });
    } finally {
      await world.query(`UPDATE amana.agreement SET suspended = false`);
    }
  });

  it('may be refused by the recipient, with the reason told', async () => {
    const id = await propose(exhibit);
    await approve(approver, id);
    const answer = await step(prosecutor, id, 'refusal', { reason: 'outside our competence' });
    expect(answer.json).toMatchObject({ state: 'refused', reason: 'outside our competence' });
    expect((await accept(prosecutor, id)).status).toBe(409);
  });

  it('answers a repeated proposal with the same grant, and another body under the same key with 422', async () => {
    const body = proposal(exhibit);
    const key = { 'idempotency-key': randomUUID() };
    const first = await investigator.post('/v1/grants', body, key);
    const again = await investigator.post('/v1/grants', body, key);
    expect(again.json).toEqual(first.json);
    const other = await investigator.post('/v1/grants', { ...body, purpose: 'something else' }, key);
    expect(other.json).toMatchObject({ status: 422, code: 'idempotency-mismatch' });
    expect(await world.query(`SELECT FROM amana.grant_exhibit WHERE exhibit_id = $1`, [exhibit.id])).toHaveLength(1);
  });

  it('is approved once by two approvers at the same moment', async () => {
    const id = await propose(exhibit);
    const tag = { 'if-match': '"1"' };
    const answers = await Promise.all([1, 2, 3].map(() => approver.post(`/v1/grants/${id}/approval`, {}, tag)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    expect((await kindsOf(exhibit)).filter((kind) => kind === 'grant-approved')).toHaveLength(1);
  });

  it('lets two different grants of one exhibit stand side by side, and one suffices', async () => {
    const [first, second] = [await propose(exhibit), await propose(exhibit)];
    for (const id of [first, second]) {
      await approve(approver, id);
      await accept(prosecutor, id);
    }
    await revoke(investigator, second);
    expect((await retrieve(prosecutor, exhibit)).status).toBe(201);
  });
});

describe('what a grant refuses', () => {
  let exhibit: SampleExhibit;
  beforeAll(async () => {
    exhibit = await sealedExhibit();
  });
  const header = Buffer.from('age-encryption.org/v1\n-> X25519 x\n').toString('base64');

  it.each<[string, () => Record<string, unknown>, number, string]>([
    ['a recipient outside the team', () => ({ toAgencyId: world.directory.stranger.id }), 403, 'recipient-not-a-party'],
    ['the own agency as recipient', () => ({ toAgencyId: world.directory.tripoli.id }), 403, 'recipient-not-a-party'],
    ['a team that is not there', () => ({ teamId: randomUUID() }), 404, ''],
    ['an exhibit that is not there', () => ({ exhibitIds: [randomUUID()] }), 404, ''],
    ['an end in the past', () => ({ expiresAt: inHours(-1) }), 400, ''],
    ['an end before its beginning', () => ({ validFrom: inHours(3), expiresAt: inHours(2) }), 400, ''],
    ['an end after that of the agreement', () => ({ expiresAt: inHours(24 * 800) }), 403, 'agreement-not-in-force'],
    ['no purpose', () => ({ purpose: '' }), 400, ''],
    ['a purpose of blanks', () => ({ purpose: ' \u200b \u200b ' }), 403, 'purpose-missing'],
    ['a purpose nobody agreed to', () => ({ agreedPurpose: 'tax audit' }), 403, 'purpose-outside-agreement'],
    ['a clause the agreement has not', () => ({ clause: '17' }), 403, 'clause-not-in-agreement'],
    ['no key for a file', () => ({ wrappedKeys: [{ fileId: randomUUID(), header }] }), 400, ''],
    [
      'a key that is no age header',
      () => ({ wrappedKeys: exhibit.files.map(({ id }) => ({ fileId: id, header })) }),
      400,
      '',
    ],
    ['a field nobody asked for', () => ({ agencyId: world.directory.rome.id }), 400, ''],
    ['a state of its own choosing', () => ({ state: 'active' }), 400, ''],
    ['a NUL in the purpose', () => ({ purpose: 'trial\u0000x' }), 400, ''],
  ])('%s', async (_name, changes, status, rule) => {
    const answer = await investigator.post('/v1/grants', proposal(exhibit, changes()));
    expect(answer.status).toBe(status);
    if (rule) expect(answer.json.rule).toBe(rule);
    expect(await world.query(`SELECT FROM amana.grant_exhibit WHERE exhibit_id = $1`, [exhibit.id])).toEqual([]);
  });

  it('is told to a stranger as if there were nothing: same body as for an id that is not there', async () => {
    const id = await propose(exhibit);
    const strip = ({ status, json }: Answer) => ({ status, json });
    for (const path of [
      `/v1/grants/ID`,
      `/v1/grants/ID/approval`,
      `/v1/grants/ID/acceptance`,
      `/v1/grants/ID/revocation`,
    ]) {
      const ask = (target: string) => {
        const at = path.replace('ID', target);
        return path === '/v1/grants/ID'
          ? stranger.get(at)
          : stranger.post(
              at,
              path.endsWith('acceptance')
                ? { undertaking: 'mine' }
                : path.endsWith('revocation')
                  ? { reason: 'mine' }
                  : {},
              { 'if-match': '"1"' },
            );
      };
      expect(strip(await ask(id))).toEqual(strip(await ask(randomUUID())));
      expect((await ask(id)).status).toBe(404);
    }
    await revoke(investigator, id);
  });

  it.each<[string, () => ApiClient]>([
    ['an approver', () => approver],
    ['an auditor', () => auditor],
  ])('a proposal by %s, whose role does not carry it', async (_name, client) => {
    expect((await client().post('/v1/grants', proposal(exhibit))).json).toMatchObject({
      status: 403,
      rule: 'role-not-entitled',
    });
  });

  it('onward sharing by a recipient', async () => {
    const id = await propose(exhibit);
    await approve(approver, id);
    await accept(prosecutor, id);
    const answer = await prosecutor.post('/v1/grants', proposal(exhibit, { toAgencyId: world.directory.tripoli.id }));
    expect(answer.json).toMatchObject({ status: 403, rule: 'no-grant' });
  });

  it('a revocation by the recipient', async () => {
    const id = await propose(exhibit);
    await approve(approver, id);
    expect((await revoke(prosecutor, id)).json).toMatchObject({ status: 403, rule: 'no-grant' });
  });

  it.each([
    // Who gives does not accept, in whatever state it is.
    ['proposed', 'acceptance', 403],
    ['revoked', 'approval', 409],
    ['revoked', 'revocation', 409],
  ])('what its life cycle does not list, after who may: from %s by %s', async (state, verb, status) => {
    const id = await propose(exhibit);
    if (state === 'revoked') await revoke(investigator, id);
    const body = { approval: {}, acceptance: { undertaking: 'mine' }, revocation: { reason: 'again' } }[verb] ?? {};
    const client = verb === 'approval' ? approver : investigator;
    expect((await step(client, id, verb, body)).status).toBe(status);
  });
});

describe('the list of grants', () => {
  it('pages by cursor without gap or double, and refuses a page of a billion', async () => {
    const exhibit = await sealedExhibit();
    for (let count = 0; count < 5; count += 1) await propose(exhibit);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Answer = await investigator.get(`/v1/grants?limit=2${cursor === null ? '' : `&cursor=${cursor}`}`);
      seen.push(...(page.json.items as { id: string }[]).map(({ id }) => id));
      cursor = page.json.next as string | null;
    } while (cursor !== null);
    const all = await world.query<{ id: string }>(`SELECT id FROM amana.evidence_grant`);
    expect(seen).toHaveLength(new Set(seen).size);
    expect(new Set(seen)).toEqual(new Set(all.map(({ id }) => id)));
    for (const query of ['limit=1000000000', 'limit=0', 'limit=x', 'cursor=AAAA', 'unknown=1']) {
      expect((await investigator.get(`/v1/grants?${query}`)).status).toBe(400);
    }
  });
});
