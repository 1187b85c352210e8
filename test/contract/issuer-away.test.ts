import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createApi } from '../../apps/api/api.js';
import { PUBLIC_URL } from '../support/api-client.js';
import { CONFIRMATION, signedIn } from '../support/proof.js';
import { openWorld, startApi, type TestApi, type TestWorld } from '../support/api.js';

let world: TestWorld;
let api: TestApi;
let issuer: Server;
/** Paths that the issuer answers with 503. */
let broken: string[];
let token: string;
beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'EdDSA', use: 'sig' }];
  broken = ['/jwks', '/.well-known/openid-configuration'];
  issuer = createServer((request, response) => {
    const isBroken = broken.includes(request.url ?? '');
    response.writeHead(isBroken ? 503 : 200, { 'content-type': 'application/json' });
    response.end(isBroken ? '{}' : JSON.stringify(request.url === '/jwks' ? { keys } : discovery()));
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  const discovery = () => ({ issuer: url, jwks_uri: `${url}/jwks` });
  world = await openWorld();
  const { subject } = world.directory.tripoli.investigator;
  await world.query(`UPDATE amana.officer SET issuer = $1`, [url]);
  const now = Math.floor(Date.now() / 1000);
  token = await new SignJWT({ client_id: 'c', jti: randomUUID(), cnf: CONFIRMATION })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'one' })
    .setIssuer(url)
    .setSubject(subject)
    .setAudience(world.environment.AMANA_PUBLIC_URL ?? '')
    .setIssuedAt(now)
    .setExpirationTime(now + 600)
    .sign(privateKey);
  api = await startApi({ ...world, environment: { ...world.environment, AMANA_ISSUER: url } }, createApi);
});
afterAll(async () => {
  await api?.stop();
  await world?.end();
  issuer.closeAllConnections();
  await new Promise((resolve) => issuer.close(resolve));
});

const PATH = '/v1/officers/me';
const ask = () => fetch(api.baseUrl + PATH, { headers: signedIn(token, 'GET', PUBLIC_URL, PATH) });

describe('while the identity provider', () => {
  it('does not tell who it is, nothing is decided: 503, and when to come back', async () => {
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.json()).toMatchObject({ code: 'unavailable' });
  });

  it('does not give its keys, nothing is decided either, and no token is called bad', async () => {
    broken = ['/jwks'];
    const answer = await ask();
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([503, null]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
