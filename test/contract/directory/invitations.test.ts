import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../../apps/api/api.js';
import type { ApiClient } from '../../support/api-client.js';
import { apiInTest } from '../../support/api-in-test.js';
import {
  acceptanceOf,
  type Invited,
  invitationFor,
  inviterOf,
  mustBe,
  newToken,
  onboard,
  personOf,
} from '../../support/invited-agency.js';

const given = apiInTest(createApi);

let inviter: ApiClient;
beforeAll(async () => {
  inviter = await inviterOf(given, 'GR');
});

async function invited(said: Record<string, unknown> = {}) {
  const [admin, { token, tokenSha256 }] = [await personOf(given), newToken()];
  const invitation = mustBe(
    201,
    await inviter.post('/v1/invitations', invitationFor(admin.email, tokenSha256, said)),
  ).json;
  return { admin, token, invitation: invitation as Invited & { id: string } };
}

describe('an invitation', () => {
  it('is refused to who is no oversight or central authority of the state', async () => {
    const { tripoli } = given.world.directory;
    const outsider = await given.api.as(tripoli.approver);
    const [foreign, other] = [await inviterOf(given, 'IT'), invitationFor('a@example.org', newToken().tokenSha256)];
    for (const [client, rule] of [
      [outsider, 'role-not-entitled'],
      [foreign, 'not-inviting-authority'],
    ] as const) {
      const answer = await client.post('/v1/invitations', other);
      expect([answer.status, answer.json.rule]).toEqual([403, rule]);
    }
  });

  it('is on the record of who invites, without the address', async () => {
    const { invitation, admin } = await invited();
    const [event] = await given.world.query<{ body: Buffer }>(
      `SELECT body FROM amana.custody_event WHERE kind = 'agency-invited' ORDER BY at DESC LIMIT 1`,
    );
    const said = event?.body.toString() ?? '';
    expect(JSON.parse(said)).toMatchObject({ detail: { invited: invitation.agencyId, state: 'GR' } });
    expect(said).not.toContain(admin.email);
  });

  it.each<[string, Record<string, unknown>, number]>([
    ['a state that is none', { state: 'gr' }, 400],
    ['a kind that is none', { kind: 'army' }, 400],
    ['a competence that is none', { competences: ['magic'] }, 400],
    ['a competence twice', { competences: ['trial', 'trial'] }, 400],
    ['an address that is none', { email: 'nobody' }, 400],
    ['a blank name', { name: '  ' }, 400],
    ['a name with a control character', { name: 'a\u0007b' }, 400],
    ['an end in the past', { expiresAt: '2020-01-01T00:00:00.000Z' }, 400],
    ['an end too far away', { expiresAt: new Date(Date.now() + 40 * 86_400_000).toISOString() }, 400],
    ['a digest that is none', { tokenSha256: 'abc' }, 400],
    ['ids of its own choice', { agencyId: randomUUID() }, 400],
    ['the name of an agency that is there', { name: 'Coast Guard, Misrata' }, 409],
  ])('is refused with %s', async (_, said, status) => {
    const answer = await inviter.post('/v1/invitations', invitationFor('a@example.org', newToken().tokenSha256, said));
    expect(answer.status).toBe(status);
  });

  it('is refused under a token that was used', async () => {
    const { tokenSha256 } = newToken();
    mustBe(201, await inviter.post('/v1/invitations', invitationFor('a@example.org', tokenSha256)));
    const again = await inviter.post('/v1/invitations', invitationFor('b@example.org', tokenSha256));
    expect(again.status).toBe(409);
  });
});

describe('who completes an invitation', () => {
  it('is answered alike to a token that was used, has expired, or never was', async () => {
    const { admin, token, invitation } = await invited();
    const expired = await invited();
    await given.world.query(
      `UPDATE amana.invitation SET invited_at = now() - interval '2 days', expires_at = now() - interval '1 day' WHERE id = $1`,
      [expired.invitation.id],
    );
    const { body } = await acceptanceOf(token, invitation, await admin.idToken());
    mustBe(201, await admin.client.post('/v1/invitations/acceptance', body));
    const stranger = await personOf(given);
    const answers = [];
    for (const one of [token, expired.token, newToken().token]) {
      const seen = await stranger.client.post('/v1/invitations/inspection', { token: one });
      const { body: mine } = await acceptanceOf(one, invitation, await stranger.idToken());
      const taken = await stranger.client.post('/v1/invitations/acceptance', mine);
      answers.push([seen.status, seen.json, taken.status, taken.json]);
    }
    expect(answers[0]?.[0]).toBe(404);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it('does it once, of two who try at the same time', async () => {
    const { admin, token, invitation } = await invited();
    const bodies = await Promise.all(
      [1, 2].map(async () => (await acceptanceOf(token, invitation, await admin.idToken())).body),
    );
    const answers = await Promise.all(bodies.map((body) => admin.client.post('/v1/invitations/acceptance', body)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(201);
    expect([404, 409]).toContain(statuses[1]);
  });

  it('must be the one whose address is invited, by the issuer’s word', async () => {
    const { admin, token, invitation } = await invited();
    const thief = await personOf(given);
    const { body } = await acceptanceOf(token, invitation, await thief.idToken());
    expect((await thief.client.post('/v1/invitations/acceptance', body)).status).toBe(404);
    for (const altered of [
      { email_verified: false },
      { email_verified: 'true' },
      { email_verified: undefined },
      { sub: randomUUID() },
      { aud: 'another-client' },
      { aud: ['amana-cli', 'another-client'] },
      { exp: 1_700_000_000 },
      { iss: 'https://issuer.example' },
    ]) {
      const idToken = await admin.idToken(altered);
      const answer = await admin.client.post('/v1/invitations/acceptance', { ...body, idToken });
      expect([altered, answer.status]).toEqual([altered, 401]);
    }
    const stolen = { ...body, idToken: await admin.idToken() };
    expect((await thief.client.post('/v1/invitations/acceptance', stolen)).status).toBe(401);
    const mine = await acceptanceOf(token, invitation, await admin.idToken());
    expect((await admin.client.post('/v1/invitations/acceptance', mine.body)).status).toBe(201);
  });

  it('must not be an officer already, nor nobody', async () => {
    const { token } = await invited();
    expect((await given.client.post('/v1/invitations/inspection', { token })).status).toBe(409);
    const nobody = await fetch(`${given.api.baseUrl}/v1/invitations/inspection`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    expect(nobody.status).toBe(401);
  });

  it.each<[string, (invitation: Invited) => Partial<Invited>]>([
    ['of another agency', () => ({ agencyId: randomUUID() as Invited['agencyId'] })],
    ['of another state', () => ({ state: 'IT' })],
    ['under another name', () => ({ name: 'Another' })],
    ['with a certificate of another officer', () => ({ officerId: randomUUID() })],
  ])('is refused with keys %s', async (_, wrong) => {
    const { admin, token, invitation } = await invited();
    const { body } = await acceptanceOf(token, { ...invitation, ...wrong(invitation) }, await admin.idToken());
    const answer = await admin.client.post('/v1/invitations/acceptance', body);
    expect([answer.status, answer.json.code]).toEqual([422, 'manifest-mismatch']);
    const [there] = await given.world.query(`SELECT FROM amana.agency WHERE id = $1`, [invitation.agencyId]);
    expect(there).toBeUndefined();
  });
});

describe('an officer added by address', () => {
  it('is bound to the first who signs in with it, verified, and to nobody after', async () => {
    const agency = await onboard(given, inviter);
    const person = await personOf(given);
    const add = { id: randomUUID(), name: 'A. Salem', email: person.email.toUpperCase(), roles: ['investigator'] };
    mustBe(201, await agency.admin.client.post('/v1/officers', add));
    expect((await agency.admin.client.post('/v1/officers', add)).status).toBe(201);
    const unverified = await person.idToken({ email_verified: false });
    expect((await person.client.post('/v1/officers/binding', { idToken: unverified })).status).toBe(401);
    expect((await person.client.get('/v1/officers/me')).status).toBe(401);
    mustBe(200, await person.client.post('/v1/officers/binding', { idToken: await person.idToken() }));
    expect((await person.client.get('/v1/officers/me')).json.officer.id).toBe(add.id);
    const later = await personOf(given, person.email);
    expect((await later.client.post('/v1/officers/binding', { idToken: await later.idToken() })).status).toBe(404);
  });

  it.each<[string, Record<string, unknown>, number]>([
    ['no role', { roles: [] }, 400],
    ['a role that is none', { roles: ['minister'] }, 400],
    ['a role twice', { roles: ['auditor', 'auditor'] }, 400],
    ['another agency', { agencyId: randomUUID() }, 400],
    ['keys that count at once', { keyState: 'certified' }, 400],
    ['an address that is none', { email: 'a@' }, 400],
  ])('is refused with %s', async (_, said, status) => {
    const agency = await onboard(given, inviter);
    const add = { id: randomUUID(), name: 'A', email: `${randomUUID()}@example.org`, roles: ['auditor'], ...said };
    expect((await agency.admin.client.post('/v1/officers', add)).status).toBe(status);
  });
});
