import { createHmac, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { PUBLIC_URL } from '../support/api-client.js';
import { CONFIRMATION, signedIn } from '../support/proof.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';

let world: TestWorld;
let api: TestApi;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

const encode = (value: string | object) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

function claims(altered: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    iss: world.issuer.url,
    sub: world.directory.tripoli.investigator.subject,
    aud: world.environment.AMANA_PUBLIC_URL,
    client_id: 'amana-cli',
    jti: randomUUID(),
    iat: now(),
    exp: now() + 600,
    auth_time: now(),
    cnf: CONFIRMATION,
    ...altered,
  };
}
const header = (altered: Record<string, unknown> = {}) => ({
  alg: 'EdDSA',
  typ: 'at+jwt',
  kid: world.issuer.kid,
  ...altered,
});
const forge = (altered: Record<string, unknown>, changed: Record<string, unknown> = {}) =>
  world.issuer.forge(header(altered), JSON.stringify(claims(changed)));
const good = () => forge({});

const PATH = '/v1/officers/me';

/** With a proof that is as good as can be, so that it is the token that is judged. */
async function ask(token: string, scheme = 'DPoP', path = PATH): Promise<Response> {
  const { dpop } = signedIn(token, 'GET', PUBLIC_URL, path);
  return fetch(api.baseUrl + path, { headers: { authorization: `${scheme} ${token}`, dpop } });
}

async function statusFor(token: string, scheme?: string): Promise<number> {
  const response = await ask(token, scheme);
  const body = (await response.json()) as { code?: string };
  if (response.status === 401) {
    expect(body.code).toBe('unauthenticated');
    expect(response.headers.get('www-authenticate')).toMatch(
      /^DPoP realm="amana", error="invalid_token", error_description="[^"]+", algs="ES256 EdDSA Ed25519"$/,
    );
  }
  return response.status;
}

describe('an access token', () => {
  it('opens the door when it holds', async () => {
    expect(await statusFor(await good())).toBe(200);
  });

  it.each<[string, () => Promise<string> | string]>([
    ['26 says alg none', () => `${encode(header({ alg: 'none' }))}.${encode(claims())}.`],
    [
      '26 says alg none and keeps a signature',
      async () => `${encode(header({ alg: 'none' }))}.${encode(claims())}.${(await good()).split('.')[2] ?? ''}`,
    ],
    [
      '27 is an HMAC over the public key',
      async () => {
        const keys = await (await fetch(`${world.issuer.url}/jwks`)).text();
        const signed = `${encode(header({ alg: 'HS256' }))}.${encode(claims())}`;
        return `${signed}.${createHmac('sha256', keys).update(signed).digest('base64url')}`;
      },
    ],
    ['28 has a kid that is a path', () => forge({ kid: '../../../../dev/null' })],
    ['28 has a kid that is SQL', () => forge({ kid: "' OR 1=1 --" })],
    ['29 names its own keys by jku', () => forge({ jku: 'http://127.0.0.1:1/keys', kid: 'theirs' })],
    ['30 names its own certificate by x5u', () => forge({ x5u: 'http://127.0.0.1:1/cert', kid: 'theirs' })],
    [
      '31 brings its own key',
      () => {
        const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        const signed = `${encode(header({ alg: 'ES256', kid: 'theirs', jwk: publicKey.export({ format: 'jwk' }) }))}.${encode(claims())}`;
        return `${signed}.${createSign('sha256').update(signed).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' }, 'base64url')}`;
      },
    ],
    ['32 has an unknown critical header', () => forge({ crit: ['exp2'], exp2: 1 })],
    ['33 has an unencoded payload', () => forge({ b64: false, crit: ['b64'] })],
    ['34 has expired', () => forge({}, { exp: now() - 120 })],
    ['never expires', () => world.issuer.forge(header(), JSON.stringify({ ...claims(), exp: undefined }))],
    ['35 is not valid before two minutes from now', () => forge({}, { nbf: now() + 120 })],
    ['36 is for another audience', () => forge({}, { aud: 'http://other.example' })],
    ['36 has no audience', () => world.issuer.forge(header(), JSON.stringify({ ...claims(), aud: undefined }))],
    ['37 is of another issuer', () => forge({}, { iss: 'http://other.example' })],
    ['38 is an ID token', () => forge({ typ: 'JWT' })],
    ['38 has no type', () => world.issuer.forge({ alg: 'EdDSA', kid: world.issuer.kid }, JSON.stringify(claims()))],
    ['39 is padded base64', async () => `${await good()}=`],
    [
      '40 has altered trailing bits',
      async () => {
        const token = await good();
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        return token.slice(0, -1) + (alphabet[alphabet.indexOf(token.at(-1) ?? 'A') ^ 1] ?? '');
      },
    ],
    [
      '41 names two subjects',
      () => world.issuer.forge(header(), JSON.stringify(claims()).replace('{', `{"sub":"${randomUUID()}",`)),
    ],
    ['has no subject', () => world.issuer.forge(header(), JSON.stringify({ ...claims(), sub: undefined }))],
    ['is about nobody we know', () => forge({}, { sub: randomUUID() })],
    [
      '46 is a JWE with a bomb inside',
      () =>
        `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..${encode('iv')}.${encode('x'.repeat(5000))}.${encode('tag')}`,
    ],
    [
      '47 is PBES2 with a huge count',
      () =>
        `${encode({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2_147_483_647, p2s: 'c2FsdA' })}.${encode('k')}.${encode('i')}.${encode('c')}.${encode('t')}`,
    ],
    ['is bound to nothing', () => world.issuer.forge(header(), JSON.stringify({ ...claims(), cnf: undefined }))],
    ['is bound to a certificate', () => forge({}, { cnf: { 'x5t#S256': 'A'.repeat(43) } })],
    ['is bound to a key and a certificate', () => forge({}, { cnf: { ...CONFIRMATION, 'x5t#S256': 'A'.repeat(43) } })],
    ['is bound to what is no thumbprint', () => forge({}, { cnf: { jkt: 7 } })],
    ['is bound to a key set elsewhere', () => forge({}, { cnf: { jku: 'http://127.0.0.1:1/keys', kid: 'x' } })],
    ['is larger than any token', () => `${encode(header())}.${encode('x'.repeat(9_000))}.AAAA`],
    ['is one byte', () => 'x'],
    ['has a payload that is not JSON', () => world.issuer.forge(header(), 'sub=me')],
    ['has a payload that is an array', () => world.issuer.forge(header(), '[1]')],
    [
      'has one bit of its payload changed',
      async () => (await good()).replace(/\.(.)/, (_, first: string) => `.${first === 'e' ? 'f' : 'e'}`),
    ],
  ])('is refused when it %s', async (_name, make) => {
    expect(await statusFor(await make())).toBe(401);
  });

  it.each(['Bearer', 'bearer', 'Basic', 'Token'])(
    '45 is refused under the scheme %s, with its proof',
    async (scheme) => {
      expect(await statusFor(await good(), scheme)).toBe(401);
    },
  );

  it('45 is refused as a Bearer token that is bound to nothing', async () => {
    const unbound = await world.issuer.forge(header(), JSON.stringify({ ...claims(), cnf: undefined }));
    const response = await fetch(api.baseUrl + PATH, { headers: { authorization: `Bearer ${unbound}` } });
    expect([response.status, response.headers.get('www-authenticate')?.slice(0, 5)]).toEqual([401, 'DPoP ']);
  });

  it.each([
    ['34 expired less than a minute ago', { exp: now() - 20 }],
    ['35 begins less than a minute from now', { nbf: now() + 40 }],
  ])('is taken within the tolerance of clocks when it %s', async (_name, changed) => {
    expect(await statusFor(await forge({}, changed))).toBe(200);
  });

  it('is needed: without one the answer says how to sign in, and no more', async () => {
    const response = await fetch(api.baseUrl + PATH);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('DPoP realm="amana", algs="ES256 EdDSA Ed25519"');
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it.each([
    ['roles', { roles: ['auditor', 'agency-admin'], role: 'auditor', groups: ['auditor'], scope: 'amana auditor' }],
    ['an agency', { agency: 'other', agencyId: 'other', org: 'other', roles: ['auditor'] }],
    [
      'roles of another provider',
      { realm_access: { roles: ['auditor'] }, resource_access: { amana: { roles: ['auditor'] } } },
    ],
  ])('gives no rights by %s among its claims: those are what the agency certified', async (_what, claimed) => {
    const token = await forge({}, claimed);
    expect((await ask(token, 'DPoP', '/v1/reviews')).status).toBe(403);
    const { officer } = (await (await ask(await forge({}, claimed))).json()) as {
      officer: { id: string; roles: string[] };
    };
    expect([officer.id, officer.roles]).toEqual([world.directory.tripoli.investigator.id, ['investigator']]);
  });

  it('is about the officer of its issuer and subject, whatever email or name it has', async () => {
    const { auditor } = world.directory.tripoli as unknown as { auditor?: { email: string } };
    const others = { email: auditor?.email ?? 'somebody@else.example', email_verified: true, name: 'Somebody else' };
    expect(await statusFor(await forge({}, { sub: randomUUID(), ...others }))).toBe(401);
    const { officer } = (await (await ask(await forge({}, others))).json()) as { officer: { id: string } };
    expect(officer.id).toBe(world.directory.tripoli.investigator.id);
  });
});
