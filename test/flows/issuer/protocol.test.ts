import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SignJWT, calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { finishSignIn, ProofKey, refresh, startSignIn } from '#client/sign-in';
import { Browser, locationOf } from '../../support/browser.js';
import { RunningIssuer, publicUrl } from './running-issuer.js';

let issuer: RunningIssuer;
let key: ProofKey;

beforeEach(async () => {
  issuer = await RunningIssuer.start();
  key = await ProofKey.create();
});
afterEach(async () => {
  await issuer.stop();
});

describe('the protocol', () => {
  const redirected = async (changed: Record<string, string | undefined>) => {
    const target = locationOf(await new Browser().get(issuer.authorizationUrl(changed)));
    // A request for tokens in the address is answered in the fragment.
    return target && Object.fromEntries(new URLSearchParams(target.search || target.hash.slice(1)));
  };

  it('leads to the sign-in page when all is as it should be', async () => {
    expect(locationOf(await new Browser().get(issuer.authorizationUrl()))?.pathname).toMatch(/^\/interaction\//);
  });

  it.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['for tokens in the address', { response_type: 'id_token token' }, 'unsupported_response_type'],
    ['for another audience', { resource: 'https://other.example' }, 'invalid_target'],
  ])('refuses a request %s', async (_what, changed, error) => {
    expect(await redirected(changed)).toMatchObject({ error, state: 'kept' });
  });

  it.each([
    ['another host', { redirect_uri: 'https://attacker.example/signed-in' }],
    ['another path', { redirect_uri: `${publicUrl}/other` }],
    ['another port of the portal', { redirect_uri: 'http://127.0.0.1:7401/signed-in' }],
    [
      'a name that is only mostly loopback',
      { client_id: 'amana-cli', redirect_uri: 'http://127.0.0.1.attacker.example/callback' },
    ],
    ['another path of the loopback', { client_id: 'amana-cli', redirect_uri: 'http://127.0.0.1:5/other' }],
    ['an unknown client', { client_id: 'amana-other' }],
  ])('does not send anybody to %s', async (_what, changed) => {
    const response = await new Browser().get(issuer.authorizationUrl(changed));
    expect(response.status).toBe(400);
    expect(locationOf(response)).toBeUndefined();
    expect(await response.text()).toContain('<p role="alert">');
  });

  it('gives no token for a code whose verifier is another one; a code used twice takes back what it gave', async () => {
    const pending = await startSignIn(issuer.portal, key);
    const callback = locationOf(await issuer.passPage(new Browser(), pending.authorizationUrl))!.href;
    const stolen = { ...pending, codeVerifier: 'x'.repeat(43) };
    await expect(finishSignIn(stolen, callback, key)).rejects.toMatchObject({ code: 'refused' });
    const { refreshToken } = await finishSignIn(pending, callback, key);
    await expect(finishSignIn(pending, callback, key)).rejects.toMatchObject({ code: 'refused' });
    await expect(refresh(issuer.portal, refreshToken!, key)).rejects.toMatchObject({ code: 'refused' });
  });

  it('ends only the sign-in that was begun', async () => {
    const pending = await startSignIn(issuer.portal, key);
    const other = await startSignIn(issuer.portal, key);
    const callback = locationOf(await issuer.passPage(new Browser(), other.authorizationUrl))!.href;
    await expect(finishSignIn(pending, callback, key)).rejects.toMatchObject({ code: 'refused' });
  });

  it('binds the token to a key that the client proves, and takes a proof once', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const proof = await new SignJWT({ htm: 'POST', htu: `${issuer.url}/token`, jti: crypto.randomUUID() })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
      .setIssuedAt()
      .sign(privateKey);
    const withProof = async () => {
      const pending = await startSignIn(issuer.portal, await ProofKey.from(await exportJWK(privateKey)));
      const code = locationOf(await issuer.passPage(new Browser(), pending.authorizationUrl))!.searchParams.get(
        'code',
      )!;
      const { clientId: client_id, redirectUri: redirect_uri, codeVerifier: code_verifier } = pending;
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        client_id,
        redirect_uri,
        code_verifier,
      });
      const response = await fetch(`${issuer.url}/token`, { method: 'POST', body, headers: { dpop: proof } });
      return (await response.json()) as Record<string, string>;
    };
    const answer = await withProof();
    expect(answer.token_type).toBe('DPoP');
    expect(decodeJwt(answer.access_token!).cnf).toEqual({ jkt: await calculateJwkThumbprint(jwk) });
    expect((await withProof()).error).toBe('invalid_grant');
  });

  it('speaks of itself by its own address, whatever the request calls it', async () => {
    const forged = request(`${issuer.url}/.well-known/openid-configuration`, {
      headers: { host: 'attacker.example', 'x-forwarded-host': 'attacker.example', 'x-forwarded-proto': 'https' },
    });
    forged.end();
    const [response] = (await once(forged, 'response')) as [AsyncIterable<Buffer>];
    let text = '';
    for await (const chunk of response) text += chunk.toString();
    expect(JSON.parse(text)).toMatchObject({ issuer: issuer.url, token_endpoint: `${issuer.url}/token` });
    expect(text).not.toContain('attacker');
  });

  it('lets the portal alone call it from a browser page', async () => {
    const allowed = async (origin: string) => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'amana-portal', refresh_token: 'x' });
      const response = await fetch(`${issuer.url}/token`, { method: 'POST', body, headers: { origin } });
      return response.headers.get('access-control-allow-origin');
    };
    expect(await allowed(publicUrl)).toBe(publicUrl);
    expect(await allowed('https://attacker.example')).toBeNull();
  });
});
