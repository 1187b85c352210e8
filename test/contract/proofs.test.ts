import { createHmac, createPrivateKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { openWorld, spawnApi, startApi, type TestApi, type TestWorld } from '../support/api.js';
import { PUBLIC_URL } from '../support/api-client.js';
import { PROOF_JWK, type ProofContent, proofFor, signedIn } from '../support/proof.js';

let world: TestWorld;
let api: TestApi;
let token: string;
beforeAll(async () => {
  world = await openWorld();
  api = await startApi(world, createApi);
  token = await world.issuer.tokenFor(world.directory.tripoli.investigator.subject, PUBLIC_URL);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
});

const PATH = '/v1/officers/me';
const now = () => Math.floor(Date.now() / 1000);
const encode = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function ask(dpop: string | undefined, { path = PATH, baseUrl = api.baseUrl } = {}): Promise<Response> {
  return fetch(baseUrl + path, { headers: { authorization: `DPoP ${token}`, ...(dpop !== undefined && { dpop }) } });
}
/** A good proof, but for what is altered. */
const proof = (alter?: (content: ProofContent) => ProofContent, path = PATH) =>
  proofFor({ method: 'GET', url: PUBLIC_URL + path, token }, alter);
const saying = (payload: Record<string, unknown>) => proof((it) => ({ ...it, payload: { ...it.payload, ...payload } }));
const headed = (header: Record<string, unknown>) => proof((it) => ({ ...it, header: { ...it.header, ...header } }));

async function expectRefused(response: Response, error = 'invalid_dpop_proof'): Promise<void> {
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toContain(`error="${error}"`);
  expect(((await response.json()) as { code: string }).code).toBe('unauthenticated');
}

describe('a proof', () => {
  it('opens the door when it holds, for one request', async () => {
    const good = proof();
    expect((await ask(good)).status).toBe(200);
    await expectRefused(await ask(good));
  });

  it('is needed', async () => {
    await expectRefused(await ask(undefined));
  });

  it.each<[string, () => string]>([
    ['42 names no jti', () => saying({ jti: undefined })],
    ['42 has an empty jti', () => saying({ jti: '' })],
    ['42 has a jti without an end', () => saying({ jti: 'x'.repeat(300) })],
    ['43 is for another path', () => saying({ htu: `${PUBLIC_URL}/v1/officers` })],
    ['43 is for a path below', () => saying({ htu: `${PUBLIC_URL}${PATH}/keys` })],
    ['43 is for another host', () => saying({ htu: `http://other.example${PATH}` })],
    ['43 is for the address the API listens on, not what it is known as', () => saying({ htu: api.baseUrl + PATH })],
    ['43 is for another scheme', () => saying({ htu: `https://amana.example${PATH}` })],
    ['43 is for another port', () => saying({ htu: `http://amana.example:8080${PATH}` })],
    ['43 names a user', () => saying({ htu: `http://me@amana.example${PATH}` })],
    ['43 is for no address', () => saying({ htu: PATH })],
    ['43 is for a path in other letters', () => saying({ htu: PUBLIC_URL + PATH.toUpperCase() })],
    ['43 is for another method', () => saying({ htm: 'POST' })],
    ['43 writes the method small', () => saying({ htm: 'get' })],
    ['43 has no method', () => saying({ htm: undefined })],
    ['44 is for another token', () => saying({ ath: Buffer.alloc(32).toString('base64url') })],
    ['44 is for no token', () => saying({ ath: undefined })],
    [
      '44 has the hash padded',
      () => proof((it) => ({ ...it, payload: { ...it.payload, ath: `${String(it.payload.ath)}=` } })),
    ],
    ['was made two minutes ago', () => saying({ iat: now() - 120 })],
    ['was made two minutes from now', () => saying({ iat: now() + 120 })],
    ['does not say when it was made', () => saying({ iat: undefined })],
    ['says when it was made in words', () => saying({ iat: String(now()) })],
    ['has another type', () => headed({ typ: 'JWT' })],
    ['has no type', () => headed({ typ: undefined })],
    ['brings no key', () => headed({ jwk: undefined })],
    ['brings the private key too', () => headed({ jwk: { ...PROOF_JWK, d: 'A'.repeat(43) } })],
    ['brings a symmetric key', () => headed({ alg: 'HS256', jwk: { kty: 'oct', k: 'A'.repeat(43) } })],
    ['brings a key of another curve', () => headed({ jwk: { ...PROOF_JWK, crv: 'P-384' } })],
    ['brings a point that is on no curve', () => headed({ jwk: { ...PROOF_JWK, y: 'A'.repeat(43) } })],
    [
      'brings a coordinate with altered trailing bits',
      () => headed({ jwk: { ...PROOF_JWK, x: `${PROOF_JWK.x?.slice(0, -1)}B` } }),
    ],
    ['names its key by jku', () => headed({ jku: 'http://127.0.0.1:1/keys' })],
    ['names its key by x5u', () => headed({ x5u: 'http://127.0.0.1:1/cert' })],
    ['names its key by kid', () => headed({ kid: '../../dev/null' })],
    ['has an unknown critical header', () => headed({ crit: ['x'], x: 1 })],
    ['has an unencoded payload', () => headed({ b64: false, crit: ['b64'] })],
    ['says alg none', () => headed({ alg: 'none' })],
    ['says another algorithm than its key has', () => headed({ alg: 'EdDSA' })],
    ['says RSA', () => headed({ alg: 'RS256' })],
    [
      'is an HMAC over its public key',
      () => {
        const [, payload] = proof().split('.');
        const signed = `${encode({ typ: 'dpop+jwt', alg: 'HS256', jwk: PROOF_JWK })}.${payload}`;
        return `${signed}.${createHmac('sha256', JSON.stringify(PROOF_JWK)).update(signed).digest('base64url')}`;
      },
    ],
    ['says alg none and has no signature', () => `${proof().split('.').slice(0, 2).join('.')}.`],
    ['has another signature', () => `${proof().split('.').slice(0, 2).join('.')}.${proof().split('.')[2] ?? ''}`],
    ['has a signature of zeros', () => `${proof().split('.').slice(0, 2).join('.')}.${'A'.repeat(86)}`],
    ['39 is padded base64', () => `${proof()}=`],
    ['has two keys of one name', () => duplicated()],
    ['is two proofs', () => `${proof()}, ${proof()}`],
    ['is larger than any proof', () => saying({ more: 'x'.repeat(5_000) })],
    ['is a JWE', () => `${encode({ alg: 'dir', enc: 'A256GCM', zip: 'DEF' })}..aaaa.bbbb.cccc`],
    ['is one byte', () => 'x'],
    ['is by another key than the token is bound to', () => byAnother('P-256')],
    ['is by another Ed25519 key', () => byAnother('Ed25519')],
  ])('is refused when it %s', async (_name, make) => {
    await expectRefused(await ask(make()));
    expect((await ask(proof())).status).toBe(200);
  });

  /** The payload names its jti twice, under a signature that holds. */
  function duplicated(): string {
    const [header, payload] = proof().split('.');
    const text = Buffer.from(payload ?? '', 'base64url')
      .toString()
      .replace('{', `{"jti":"${randomUUID()}",`);
    return `${header}.${encode(text)}.${'A'.repeat(86)}`;
  }

  function byAnother(curve: 'P-256' | 'Ed25519'): string {
    const { privateKey, publicKey } =
      curve === 'P-256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' });
    const header = {
      typ: 'dpop+jwt',
      alg: curve === 'P-256' ? 'ES256' : 'EdDSA',
      jwk: { kty, crv, x, ...(y && { y }) },
    };
    const [, payload] = proof().split('.');
    const signed = `${encode(header)}.${payload}`;
    const key = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const hash = curve === 'P-256' ? 'sha256' : null;
    return `${signed}.${sign(hash, Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  it.each<[string, () => string]>([
    ['was made up to a minute ago', () => saying({ iat: now() - 50 })],
    ['was made up to a minute from now, by a clock ahead', () => saying({ iat: now() + 50 })],
    ['names the address with its query', () => saying({ htu: `${PUBLIC_URL}${PATH}?limit=1#top` })],
    ['names the default port, and the host in capitals', () => saying({ htu: `http://AMANA.example:80${PATH}` })],
    ['escapes what needs none', () => saying({ htu: `${PUBLIC_URL}/v1/%6Ffficers/me` })],
    ['says more than it has to', () => saying({ more: true })],
    [
      'says more of its key than it has to',
      () => headed({ jwk: { ...PROOF_JWK, alg: 'ES256', use: 'sig', kid: 'mine' } }),
    ],
  ])('is taken when it %s', async (_name, make) => {
    expect((await ask(make())).status).toBe(200);
  });

  it('is for the path alone: a query is not in it', async () => {
    const path = '/v1/grants?limit=1';
    expect((await ask(proof(undefined, '/v1/grants'), { path })).status).toBe(200);
  });

  it('is sent once: of two in one request neither is taken', async () => {
    const { port } = new URL(api.baseUrl);
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: `DPoP ${token}`, dpop: [proof(), proof()] };
      httpRequest({ port, host: '127.0.0.1', path: PATH, headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(401);
  });

  it('42 is used up for every process of the API, and by one of many at once', async () => {
    const other = await spawnApi(world);
    const good = proof();
    expect((await ask(good)).status).toBe(200);
    await expectRefused(await ask(good, { baseUrl: other.baseUrl }));
    const raced = proof();
    const bases = Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? api.baseUrl : other.baseUrl));
    const statuses = await Promise.all(bases.map(async (baseUrl) => (await ask(raced, { baseUrl })).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    await other.stop();
  });

  it('that was used is forgotten when no clock would take it any more', async () => {
    expect((await ask(proof())).status).toBe(200);
    const [row] = await world.query<{ most: number; least: number }>(
      `SELECT extract(epoch FROM max(until) - now())::float8 AS most, extract(epoch FROM min(until) - now())::float8 AS least FROM amana.spent_proof`,
    );
    expect(row?.least).toBeGreaterThan(0);
    expect(row?.most).toBeLessThanOrEqual(181);
  });

  it('gives a token that was stolen no use: attacker 12', async () => {
    const thief = byAnother('P-256');
    await expectRefused(await ask(thief));
    await expectRefused(await ask(undefined));
    const response = await fetch(api.baseUrl + PATH, { headers: { authorization: `Bearer ${token}` } });
    await expectRefused(response, 'invalid_token');
  });
});

describe('a nonce', () => {
  const withNonce = (nonce: string) => proofFor({ method: 'GET', url: PUBLIC_URL + PATH, token, nonce });

  it('that we did not give is refused, with one that is good', async () => {
    const response = await ask(withNonce('made-up-by-somebody-else'));
    expect(response.headers.get('dpop-nonce')).toMatch(/^[A-Za-z0-9_-]{24}$/);
    await expectRefused(response, 'use_dpop_nonce');
    const nonce = response.headers.get('dpop-nonce') ?? '';
    const again = await ask(withNonce(nonce));
    expect(again.status).toBe(200);
  });

  it('is the same of every process of the API', async () => {
    const other = await spawnApi(world);
    const nonce = (await ask(withNonce('x'))).headers.get('dpop-nonce') ?? '';
    expect((await ask(withNonce(nonce), { baseUrl: other.baseUrl })).status).toBe(200);
    await other.stop();
  });

  it('is asked for where something cannot be taken back', async () => {
    const path = '/v1/grants';
    const post = (nonce?: string) =>
      fetch(api.baseUrl + path, {
        method: 'POST',
        headers: {
          ...signedIn(token, 'POST', PUBLIC_URL, path, nonce),
          'content-type': 'application/json',
          'idempotency-key': randomUUID(),
        },
        body: '{}',
      });
    const asked = await post();
    await expectRefused(asked, 'use_dpop_nonce');
    const answer = await post(asked.headers.get('dpop-nonce') ?? '');
    expect(answer.status).toBe(400);
  });
});
