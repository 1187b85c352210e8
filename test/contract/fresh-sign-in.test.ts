import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { type Answer, ApiClient, PUBLIC_URL } from '../support/api-client.js';

let world: TestWorld;
let api: TestApi;
beforeAll(async () => {
  world = await openWorld();
  const environment = { ...world.environment, AMANA_STEP_UP_SECONDS: '600', AMANA_STEP_UP_ACR: 'two-factors passkey' };
  api = await startApi({ ...world, environment }, createApi);
});
afterAll(async () => {
  delete process.env.AMANA_STEP_UP_SECONDS;
  delete process.env.AMANA_STEP_UP_ACR;
  await api?.stop();
  await world?.end();
});

const now = () => Math.floor(Date.now() / 1000);
/** As an officer who signed in so. */
async function as(claims: Record<string, unknown>): Promise<ApiClient> {
  const { subject } = world.directory.tripoli.investigator;
  return new ApiClient(api.baseUrl, await world.issuer.tokenFor(subject, PUBLIC_URL, claims));
}
const fresh = { auth_time: now(), acr: 'passkey' };
const id = randomUUID();

const asking: [what: string, act: (client: ApiClient) => Promise<Answer>][] = [
  ['proposing to share', (client) => client.post('/v1/grants')],
  ['approving', (client) => client.post(`/v1/grants/${id}/approval`, {}, { 'if-match': '"1"' })],
  ['holding', (client) => client.post(`/v1/exhibits/${id}/hold`, { reason: 'x' }, { 'if-match': '"1"' })],
  ['releasing', (client) => client.post(`/v1/exhibits/${id}/release`, { reason: 'x' }, { 'if-match': '"1"' })],
  [
    'exporting in a package',
    (client) => client.post(`/v1/exhibits/${id}/retrievals`, { purpose: 'trial', for: 'package' }),
  ],
];

describe.each(asking)('%s (48)', (_what, act) => {
  it.each<[string, Record<string, unknown>]>([
    ['a sign-in of eleven minutes ago', { ...fresh, auth_time: now() - 660 }],
    ['a sign-in of two minutes from now', { ...fresh, auth_time: now() + 120 }],
    ['a sign-in of which the issuer does not say when', { ...fresh, auth_time: undefined }],
    ['a sign-in whose time is no number', { ...fresh, auth_time: 'now' }],
    ['a password alone', { ...fresh, acr: 'password' }],
    ['a sign-in of which the issuer does not say how', { ...fresh, acr: undefined }],
    ['two classes in one', { ...fresh, acr: 'two-factors passkey' }],
  ])('is refused to %s, and told how to sign in', async (_how, claims) => {
    const answer = await act(await as(claims));
    expect([answer.status, answer.json.code]).toEqual([401, 'insufficient-user-authentication']);
    expect(answer.headers.get('www-authenticate')).toBe(
      'DPoP realm="amana", error="insufficient_user_authentication", max_age="600", acr_values="two-factors passkey", algs="ES256 EdDSA Ed25519"',
    );
  });

  it.each([
    ['just now, with a passkey', fresh],
    ['nine minutes ago, with two factors', { auth_time: now() - 540, acr: 'two-factors' }],
  ])('is judged on its merits for who signed in %s', async (_how, claims) => {
    expect((await act(await as(claims))).status).not.toBe(401);
  });
});

describe('what can be taken back, or only looks', () => {
  it.each<[string, (client: ApiClient) => Promise<Answer>]>([
    ['reading', (client) => client.get('/v1/grants')],
    ['examining', (client) => client.post(`/v1/exhibits/${id}/retrievals`, { purpose: 'work', for: 'examination' })],
    [
      'revoking a grant',
      (client) => client.post(`/v1/grants/${id}/revocation`, { reason: 'x' }, { 'if-match': '"1"' }),
    ],
  ])('does not ask for it: %s', async (_what, act) => {
    expect((await act(await as({ auth_time: now() - 36_000, acr: 'password' }))).status).not.toBe(401);
  });

  it('nor is somebody sent to sign in for what they may not do at all', async () => {
    const { colleague } = world.directory.tripoli;
    await world.query(`UPDATE amana.officer SET key_state = 'revoked' WHERE subject = $1`, [colleague.subject]);
    const token = await world.issuer.tokenFor(colleague.subject, PUBLIC_URL, { auth_time: now() - 36_000 });
    const answer = await new ApiClient(api.baseUrl, token).post('/v1/grants');
    expect([answer.status, answer.json.code]).toEqual([403, 'forbidden']);
  });
});
