import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, spawnApi, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { ApiClient, PUBLIC_URL } from '../support/api-client.js';

let world: TestWorld;
let api: TestApi;
let subject: string;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  ({ subject } = world.directory.tripoli.investigator);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

const now = () => Math.floor(Date.now() / 1000);
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';

async function as(sid: string | undefined, claims: Record<string, unknown> = {}): Promise<ApiClient> {
  return new ApiClient(api.baseUrl, await world.issuer.tokenFor(subject, PUBLIC_URL, { sid, ...claims }));
}
/** A logout token as OpenID Connect Back-Channel Logout 1.0 §2.4 has it, but for what is altered. */
function logoutToken(claims: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
  const all = {
    ...{ iss: world.issuer.url, aud: 'amana-cli', iat: now(), exp: now() + 120, jti: randomUUID() },
    ...{ events: { [LOGOUT]: {} } },
    ...claims,
  };
  return world.issuer.forge({ alg: 'EdDSA', typ: 'logout+jwt', kid: world.issuer.kid, ...header }, JSON.stringify(all));
}
const tell = (body: URLSearchParams | string, type?: string) =>
  fetch(`${api.baseUrl}/v1/backchannel-logout`, {
    method: 'POST',
    body,
    ...(type !== undefined && { headers: { 'content-type': type } }),
  });
const end = async (token: string) => (await tell(new URLSearchParams({ logout_token: token }))).status;
const statusOf = async (client: ApiClient) => (await client.get('/v1/officers/me')).status;

describe('a session that the issuer says has ended', () => {
  it('is refused at once, by every process, and no other session is', async () => {
    const [ended, other, nameless] = await Promise.all([as('ends'), as('stays'), as(undefined)]);
    const elsewhere = await spawnApi(world);
    expect(await statusOf(ended)).toBe(200);
    expect(await end(await logoutToken({ sid: 'ends', sub: subject }))).toBe(200);
    const answer = await ended.get('/v1/officers/me');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
    expect(await Promise.all([other, nameless].map(statusOf))).toEqual([200, 200]);
    const token = await world.issuer.tokenFor(subject, PUBLIC_URL, { sid: 'ends' });
    expect(await statusOf(new ApiClient(elsewhere.baseUrl, token))).toBe(401);
    await elsewhere.stop();
  });

  it('is every session that somebody had begun, where the issuer names the person alone; the next one is not', async () => {
    const [before, after] = await Promise.all([
      as('before', { auth_time: now() - 10 }),
      as('after', { auth_time: now() + 1 }),
    ]);
    const other = await api.as(world.directory.tripoli.approver);
    expect(await end(await logoutToken({ sub: subject }))).toBe(200);
    expect(await Promise.all([before, after, other].map(statusOf))).toEqual([401, 200, 200]);
  });

  it.each<[string, () => Promise<string>]>([
    ['is an access token', () => world.issuer.tokenFor(subject, PUBLIC_URL, { sid: 'kept' })],
    ['has the type of an ID token', () => logoutToken({ sid: 'kept' }, { typ: 'JWT' })],
    ['has a nonce', () => logoutToken({ sid: 'kept', nonce: 'x' })],
    ['tells no event', () => logoutToken({ sid: 'kept', events: undefined })],
    ['tells another event', () => logoutToken({ sid: 'kept', events: { 'http://x.example/event': {} } })],
    ['tells the event as a text', () => logoutToken({ sid: 'kept', events: { [LOGOUT]: 'yes' } })],
    ['names no session and nobody', () => logoutToken({})],
    ['names a session that is no text', () => logoutToken({ sid: 7, sub: subject })],
    ['is for another program', () => logoutToken({ sid: 'kept', aud: 'other' })],
    ['is for the API', () => logoutToken({ sid: 'kept', aud: PUBLIC_URL })],
    ['is of another issuer', () => logoutToken({ sid: 'kept', iss: 'http://other.example' })],
    ['has expired', () => logoutToken({ sid: 'kept', exp: now() - 120 })],
    ['is ten minutes old', () => logoutToken({ sid: 'kept', iat: now() - 600 })],
    ['has no jti', () => logoutToken({ sid: 'kept', jti: undefined })],
    [
      'is signed by nobody',
      async () => `${(await logoutToken({ sid: 'kept' })).split('.').slice(0, 2).join('.')}.AAAA`,
    ],
    ['says alg none', () => logoutToken({ sid: 'kept' }, { alg: 'none' })],
    ['is nothing', () => Promise.resolve('')],
  ])('has not ended when what says so %s', async (_name, make) => {
    const kept = await as('kept', { auth_time: now() + 30 });
    expect(await end(await make())).toBe(400);
    expect(await statusOf(kept)).toBe(200);
  });

  it('is told of once: the same token again is refused', async () => {
    const token = await logoutToken({ sid: 'once' });
    expect([await end(token), await end(token)]).toEqual([200, 400]);
  });

  it.each<[string, () => Promise<Response>, number]>([
    [
      'JSON',
      async () => tell(JSON.stringify({ logout_token: await logoutToken({ sid: 'x' }) }), 'application/json'),
      415,
    ],
    [
      'two tokens',
      () =>
        tell(
          new URLSearchParams([
            ['logout_token', 'a'],
            ['logout_token', 'b'],
          ]),
        ),
      400,
    ],
    ['no token', () => tell(new URLSearchParams({ token: 'a' })), 400],
    ['a form without an end', () => tell(new URLSearchParams({ logout_token: 'x'.repeat(20_000) })), 413],
  ])('cannot be told by %s', async (_what, act, status) => {
    const answer = await act();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });
});
