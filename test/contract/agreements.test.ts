import { beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { amendmentOf, newSigningKey, signAgencyStatement, signerOf, publicJwkOf } from '#domain/manifest';
import type { Agreement } from '#domain/manifest';
import { apiInTest } from '../support/api-in-test.js';
import {
  agreed,
  amend,
  inDays,
  type Negotiator,
  negotiators,
  revise,
  say,
  seen,
  sign,
  textBetween,
  wordOf,
} from '../support/agreeing.js';

const given = apiInTest(createApi);
let one: Negotiator;
let other: Negotiator;
let third: Negotiator;
let stranger: Negotiator;
beforeAll(async () => {
  [one, other, third, stranger] = (await negotiators(given.world, given.api, ['GR', 'IT', 'TN', 'FR'])) as [
    Negotiator,
    Negotiator,
    Negotiator,
    Negotiator,
  ];
});

/** Kinds in the register of an agency about an agreement, in their order. */
const told = async ({ agency }: Negotiator, id: string): Promise<string[]> =>
  (
    await given.world.query<{ kind: string }>(
      `SELECT kind FROM amana.custody_event WHERE chain_id = $1 AND convert_from(body, 'UTF8')::jsonb -> 'authority' ->> 'agreementId' = $2 ORDER BY case_seq`,
      [agency.id, id],
    )
  ).map(({ kind }) => kind);

async function drafted(parties: readonly Negotiator[], changes: Partial<Agreement> = {}): Promise<string> {
  const draft = textBetween(parties, changes);
  const answer = await parties[0]!.admin.post('/v1/agreements', { draft });
  expect(answer.status).toBe(201);
  return draft.agreementId;
}

describe('a negotiation', () => {
  it('goes from draft over signing into force by itself, with its team and an event at each party', async () => {
    const id = await drafted([one, other]);
    expect((await seen(other, id)).json).toMatchObject({
      state: 'draft',
      instrument: null,
      draft: { revision: 1, signedBy: [] },
    });
    expect((await sign(one, id)).json).toMatchObject({ state: 'signing', draft: { missing: [other.agency.id] } });
    expect((await other.admin.get('/v1/teams')).json.items).toEqual([]);
    const inForce = await sign(other, id);
    expect(inForce.json).toMatchObject({ state: 'in-force', draft: null, instrument: { signatures: [{}, {}] } });
    for (const party of [one, other]) {
      expect(await told(party, id)).toEqual([
        'agreement-drafted',
        'agreement-signed',
        'agreement-signed',
        'agreement-in-force',
      ]);
      const { json } = await party.admin.get('/v1/teams');
      expect(json.items.map(({ agreementId }: { agreementId: string }) => agreementId)).toContain(id);
    }
  });

  it('is nobody’s to see or to touch but the parties’, who answer as if there were none', async () => {
    const id = await drafted([one, other]);
    expect((await seen(stranger, id)).status).toBe(404);
    expect((await stranger.admin.get('/v1/agreements')).json.items).toEqual([]);
    const draft = textBetween([stranger, other], { agreementId: id as never });
    expect((await stranger.admin.post('/v1/agreements', { draft })).json.code).toBe('exists-with-other-content');
    expect((await revise(stranger, id, draft)).status).toBe(404);
    expect(await given.world.query(`SELECT FROM amana.agreement_text WHERE agreement_id = $1`, [id])).toHaveLength(1);
  });

  it('begins anew with another text: what was signed of the one before counts no more', async () => {
    const draft = textBetween([one, other]);
    const id = draft.agreementId;
    await one.admin.post('/v1/agreements', { draft });
    await sign(one, id);
    const revised = await revise(other, id, { ...draft, purposes: ['rescue at sea'] });
    expect(revised.json).toMatchObject({
      state: 'draft',
      draft: { revision: 2, signedBy: [], draftedFor: other.agency.id },
    });
    expect((await sign(other, id)).json.state).toBe('signing');
    const stale = await sign(one, id, { payload: new TextEncoder().encode(JSON.stringify(draft)) });
    expect(stale.json).toMatchObject({ status: 422, code: 'manifest-invalid' });
    expect((await sign(one, id)).json.state).toBe('in-force');
  });

  it('leaves a party that a later text leaves out with nothing to see', async () => {
    const id = await drafted([one, other, third]);
    const draft = textBetween([one, other], { agreementId: id as never });
    expect((await revise(one, id, draft)).status).toBe(200);
    expect((await seen(third, id)).status).toBe(404);
    expect(await told(third, id)).toEqual(['agreement-drafted', 'agreement-drafted']);
  });

  it('is not in force before its time, though all have signed, and has ended after it', async () => {
    const later = await agreed([one, other], { validFrom: inDays(2) });
    expect(later.json).toMatchObject({ state: 'signing', draft: null });
    const past = await drafted([one, other], { validFrom: inDays(-9), validUntil: inDays(-2) });
    expect((await seen(one, past)).json.state).toBe('ended');
    expect((await sign(one, past)).json).toMatchObject({ status: 409 });
  });

  it('keeps a repeat of the same draft the same, and refuses other content under its id', async () => {
    const draft = textBetween([one, other]);
    const first = await one.admin.post('/v1/agreements', { draft });
    expect((await one.admin.post('/v1/agreements', { draft })).json).toEqual(first.json);
    const another = await one.admin.post('/v1/agreements', { draft: { ...draft, title: 'Another' } });
    expect(another.json).toMatchObject({ status: 409, code: 'exists-with-other-content' });
  });

  it.each<[string, (text: Agreement) => unknown, code: string]>([
    [
      'dates reversed',
      (text) => ({ ...text, validFrom: text.validUntil, validUntil: text.validFrom }),
      'manifest-invalid',
    ],
    ['a party twice', (text) => ({ ...text, parties: [text.parties[0], text.parties[0]] }), 'manifest-invalid'],
    ['one party', (text) => ({ ...text, parties: [text.parties[0]] }), 'manifest-invalid'],
    [
      'a leader of no party',
      (text) => ({ ...text, leaders: [{ agencyId: stranger.agency.id, name: 'X' }] }),
      'manifest-invalid',
    ],
    ['a third state that is no party’s', (text) => ({ ...text, thirdStates: ['FR'] }), 'manifest-invalid'],
    ['third states alone', (text) => ({ ...text, thirdStates: ['GR', 'IT'] }), 'manifest-invalid'],
    ['a version before it', (text) => ({ ...text, version: 2, predecessor: 'a'.repeat(64) }), 'manifest-mismatch'],
    ['a field that nobody knows', (text) => ({ ...text, inForce: true }), 'manifest-invalid'],
    [
      'keys that the directory does not know',
      (text) => ({ ...text, parties: [text.parties[0], { ...text.parties[1], signingKey: publicJwkOf(unknownKey) }] }),
      'key-not-certified',
    ],
    [
      'an agency under another state',
      (text) => ({ ...text, parties: [text.parties[0], { ...text.parties[1], state: 'FR' }] }),
      'key-not-certified',
    ],
  ])('does not begin with %s', async (_name, change, code) => {
    const answer = await one.admin.post('/v1/agreements', { draft: change(textBetween([one, other])) });
    expect(answer.json.code).toBe(code);
  });
  const unknownKey = { ...({} as { kty: 'OKP'; crv: 'Ed25519'; x: string; d: string }) };
  beforeAll(async () => Object.assign(unknownKey, await newSigningKey()));

  it('is begun by a party, and by an administrator or a prosecutor who is certified', async () => {
    const draft = textBetween([one, other]);
    expect((await stranger.admin.post('/v1/agreements', { draft })).json.rule).toBe('recipient-not-a-party');
    const { client: investigator } = await one.officer('investigator');
    expect((await investigator.post('/v1/agreements', { draft })).json.rule).toBe('role-not-entitled');
    const { client: prosecutor } = await one.officer('prosecutor');
    expect((await prosecutor.post('/v1/agreements', { draft })).status).toBe(201);
    expect(
      (
        await prosecutor.change(
          `/v1/agreements/${draft.agreementId}`,
          `/v1/agreements/${draft.agreementId}/signatures`,
          { signature: { protected: 'a', signature: 'b' } },
        )
      ).json.rule,
    ).toBe('role-not-entitled');
  });
});

describe('a signature', () => {
  let id: string;
  beforeAll(async () => {
    id = await drafted([one, other]);
    await sign(one, id);
  });

  it.each<[string, () => Promise<{ json: unknown }>, object]>([
    ['twice by one party', () => sign(one, id), { status: 422, code: 'manifest-invalid' }],
    [
      'of a party handed in by another',
      () => sign(one, id, { key: other.agency.signingKey }),
      { status: 422, code: 'manifest-mismatch' },
    ],
  ])('is not taken %s', async (_name, act, expected) => {
    expect((await act()).json).toMatchObject(expected);
    expect((await seen(one, id)).json).toMatchObject({ state: 'signing', draft: { signedBy: [one.agency.id] } });
  });

  it('of an alien is not taken, however well it is made', async () => {
    const mine = textBetween([stranger, other], { agreementId: id as never });
    const answer = await sign(other, id, {
      key: stranger.agency.signingKey,
      payload: new TextEncoder().encode(JSON.stringify(mine)),
    });
    expect(answer.json).toMatchObject({ status: 422, code: 'manifest-invalid' });
  });

  it('by a key that its agency has put another in the place of is not taken', async () => {
    const [owner, partner] = (await negotiators(given.world, given.api, ['GR', 'IT'])) as [Negotiator, Negotiator];
    const revoked = await drafted([owner, partner]);
    await sign(owner, revoked);
    const next = await newSigningKey();
    const statement = await signAgencyStatement(
      { schema: 'amana-agency/v1', ...partner.agency.keys, epoch: 2, signingKey: publicJwkOf(next) },
      await signerOf(next),
    );
    await given.world.query(`UPDATE amana.agency SET statement = $2, key_epoch = 2 WHERE id = $1`, [
      partner.agency.id,
      statement,
    ]);
    expect((await sign(partner, revoked)).json).toMatchObject({ status: 422, code: 'key-not-certified' });
    expect((await seen(owner, revoked)).json.state).toBe('signing');
  });

  it('rests on what was seen', async () => {
    const path = `/v1/agreements/${id}/signatures`;
    const body = { signature: { protected: 'a', signature: 'b' } };
    expect((await other.admin.post(path, body)).status).toBe(428);
    expect((await other.admin.post(path, body, { 'if-match': '"stale"' })).status).toBe(412);
  });
});

describe('an amendment', () => {
  it('changes nothing until every party has signed it, and then takes the place of the text it names', async () => {
    const before = await agreed([one, other]);
    const { id } = before.json;
    const text = amendmentOf(
      textBetween([one, other], { agreementId: id, purposes: ['rescue at sea'] }),
      before.json.payloadSha256,
    );
    expect((await amend(other, id, text)).json).toMatchObject({
      state: 'in-force',
      payloadSha256: before.json.payloadSha256,
      draft: { predecessor: before.json.payloadSha256 },
    });
    await sign(other, id);
    expect((await seen(one, id)).json).toMatchObject({
      state: 'in-force',
      payloadSha256: before.json.payloadSha256,
      instrument: before.json.instrument,
    });
    const after = await sign(one, id);
    expect(after.json).toMatchObject({ state: 'in-force', draft: null });
    expect(after.json.payloadSha256).not.toBe(before.json.payloadSha256);
    const [row] = await given.world.query(`SELECT purposes FROM amana.agreement WHERE id = $1`, [id]);
    expect(row).toEqual({ purposes: ['rescue at sea'] });
    for (const party of [one, other])
      expect((await told(party, id)).slice(-4)).toEqual([
        'agreement-drafted',
        'agreement-signed',
        'agreement-signed',
        'agreement-amended',
      ]);
    const stale = await amend(one, id, text);
    expect(stale.json).toMatchObject({ status: 422, code: 'manifest-invalid' });
  });

  it.each<[string, (text: Agreement) => unknown]>([
    ['another text than the one in force', (text) => ({ ...text, predecessor: 'b'.repeat(64) })],
    ['no version before it', ({ version: _, predecessor: __, ...text }) => text],
    ['a version too far on', (text) => ({ ...text, version: 3 })],
    ['without a party that has not ended it', (text) => ({ ...text, parties: [text.parties[0], third.agency.keys] })],
  ])('is refused of %s', async (_name, change) => {
    const { json } = await agreed([one, other]);
    const text = amendmentOf(textBetween([one, other], { agreementId: json.id }), json.payloadSha256);
    expect((await amend(one, json.id, change(text))).json).toMatchObject({ status: 422, code: 'manifest-invalid' });
    expect((await seen(one, json.id)).json.draft).toBeNull();
  });

  it('brings a party in, who then is in the team', async () => {
    const { json } = await agreed([one, other]);
    const text = amendmentOf(textBetween([one, other, third], { agreementId: json.id }), json.payloadSha256);
    expect((await amend(one, json.id, text)).json.state).toBe('in-force');
    expect((await third.admin.get(`/v1/agreements/${json.id}`)).status).toBe(200);
    for (const party of [one, other]) await sign(party, json.id);
    expect((await third.admin.get('/v1/teams')).json.items).toEqual([]);
    const draft = textBetween([third, one], { agreementId: json.id });
    expect((await revise(third, json.id, draft)).json.code).toBe('conflict');
    expect((await sign(third, json.id)).json).toMatchObject({ state: 'in-force', teamId: json.teamId });
    expect((await third.admin.get('/v1/teams')).json.items).toHaveLength(1);
  });
});

describe('a party’s word', () => {
  it('suspends its part, and takes it up again; between the others the agreement goes on', async () => {
    const { json } = await agreed([one, other, third]);
    const { id } = json;
    expect((await say(one, id, 'suspend')).json).toMatchObject({ state: 'in-force' });
    expect((await say(other, id, 'suspend')).json).toMatchObject({ state: 'suspended' });
    expect((await say(one, id, 'resume')).json).toMatchObject({ state: 'in-force' });
    expect((await say(other, id, 'end')).json).toMatchObject({ state: 'in-force' });
    expect((await say(third, id, 'end')).json).toMatchObject({ state: 'ended' });
    expect((await told(one, id)).slice(-5)).toEqual([
      ...['agreement-suspended', 'agreement-suspended', 'agreement-resumed', 'agreement-ended', 'agreement-ended'],
    ]);
    const [event] = await given.world.query<{ reason: string }>(
      `SELECT convert_from(body, 'UTF8')::jsonb ->> 'reason' AS reason FROM amana.custody_event WHERE chain_id = $1 AND kind = 'agreement-ended' LIMIT 1`,
      [one.agency.id],
    );
    expect(event?.reason).toBe('The prosecutor general so decided');
  });

  it('is its own, of what is in force, and not an old one said again', async () => {
    const { json } = await agreed([one, other]);
    const { id } = json;
    const suspended = await wordOf(one, id, 'suspend');
    const hand = (party: Negotiator, act: string, word: unknown) =>
      party.admin.change(`/v1/agreements/${id}`, `/v1/agreements/${id}/${act}`, { word });
    expect((await hand(other, 'suspend', suspended)).json.code).toBe('manifest-invalid');
    expect((await hand(one, 'end', suspended)).json.code).toBe('manifest-mismatch');
    expect((await say(one, id, 'suspend', {}, stranger.agency.signingKey)).json.code).toBe('manifest-invalid');
    expect((await say(one, id, 'suspend', { agreementSha256: 'c'.repeat(64) })).json.code).toBe('manifest-mismatch');
    expect((await say(one, id, 'resume')).json.code).toBe('conflict');
    expect((await hand(one, 'suspend', suspended)).status).toBe(200);
    expect((await say(one, id, 'resume')).status).toBe(200);
    expect((await hand(one, 'suspend', suspended)).json.code).toBe('manifest-mismatch');
    expect((await say(one, id, 'end')).json.state).toBe('ended');
    expect((await say(one, id, 'resume')).json.code).toBe('conflict');
    expect((await say(other, id, 'suspend')).json.code).toBe('conflict');
  });
});

describe('leaders and administrators', () => {
  it('are named in the agreement or appointed by their agency, who appoints nobody of another and nobody themselves', async () => {
    const { officer: named } = await one.officer('prosecutor');
    const { officer: appointed } = await other.officer('prosecutor');
    const { json } = await agreed([one, other], {
      administrators: [{ agencyId: one.agency.id, officerId: named.id, name: 'The clerk' }],
    });
    const path = `/v1/teams/${json.teamId}`;
    const appoint = (party: Negotiator, body: object) =>
      party.admin.send(
        'PUT',
        `${path}/appointments`,
        JSON.stringify({ role: 'administrator', appointed: true, reason: 'as agreed', ...body }),
        {
          'content-type': 'application/json',
        },
      );
    expect((await appoint(other, { officerId: appointed.id })).status).toBe(200);
    expect(
      (await one.admin.get(path)).json.officers.filter(({ role }: { role: string }) => role === 'administrator'),
    ).toMatchObject([
      { agencyId: one.agency.id, officerId: named.id, by: 'agreement' },
      { agencyId: other.agency.id, officerId: appointed.id, by: 'agency' },
    ]);
    expect((await appoint(one, { officerId: appointed.id })).status).toBe(404);
    expect((await appoint(one, { officerId: one.administrator.id })).json.rule).toBe('role-not-entitled');
    expect((await appoint(stranger, { officerId: stranger.administrator.id })).status).toBe(403);
    expect((await stranger.admin.get(path)).status).toBe(404);
    const ended = await appoint(other, { officerId: appointed.id, appointed: false });
    expect(ended.json.officers.filter(({ by }: { by: string }) => by === 'agency')).toEqual([]);
  });
});
