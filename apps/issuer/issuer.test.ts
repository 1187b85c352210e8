import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  SignJWT,
  calculateJwkThumbprint,
  createRemoteJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  jwtVerify,
} from 'jose';
import { finishSignIn, refresh, signInWithPassword, startSignIn } from '#client/sign-in';
import { hashPassword, printedPasswordCost } from '#server/password';
import { freePorts } from '../../scripts/services/free-ports.js';
import { Browser, locationOf } from '../../test/support/browser.js';
import { createIssuer } from './server.js';

const publicUrl = 'http://127.0.0.1:7400';
const portalCallback = `${publicUrl}/signed-in`;
const cliCallback = 'http://127.0.0.1:54321/callback';
const amal = { sub: 'officer-1', email: 'amal@border.example', name: 'Amal Haddad', password: 'right horse' };
const petra = { sub: 'officer-2', email: 'petra@prosecution.example', name: 'Petra <Novak>', password: 'wrong horse' };

let folder: string;
let url: string;
let server: Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-issuer-test-'));
  const [port = 0] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  await writeAccounts([amal]);
  await start();
});
afterEach(async () => {
  await stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  server = await createIssuer({
    issuer: url,
    publicUrl,
    accountsFile: join(folder, 'accounts.json'),
    stateFolder: join(folder, 'state'),
    host: '127.0.0.1',
    port: Number(new URL(url).port),
  });
  server.listen(Number(new URL(url).port), '127.0.0.1');
  await once(server, 'listening');
}

async function stop(): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

async function writeAccounts(people: (typeof amal)[]): Promise<void> {
  const records = people.map(async ({ password, ...person }) => ({
    ...person,
    passwordHash: await hashPassword(password, printedPasswordCost),
  }));
  const file = join(folder, 'accounts.json');
  await writeFile(file, JSON.stringify(await Promise.all(records)));
  // Two changes within the file system's clock tick are two changes all the same.
  await utimes(file, new Date(), new Date(Date.now() + (changes += 1_000)));
}
let changes = 0;

const cli = () => ({ issuer: url, clientId: 'amana-cli', resource: publicUrl, redirectUri: cliCallback });
const portal = () => ({ issuer: url, clientId: 'amana-portal', resource: publicUrl, redirectUri: portalCallback });
const signIn = (more: object = {}) =>
  signInWithPassword({ ...cli(), email: amal.email, password: amal.password, ...more });

/** The authorization request as a client would send it, with changes; undefined leaves a parameter out. */
function authorizationUrl(changed: Record<string, string | undefined> = {}): string {
  const parameters: Record<string, string | undefined> = {
    client_id: 'amana-portal',
    response_type: 'code',
    redirect_uri: portalCallback,
    scope: 'openid amana',
    resource: publicUrl,
    state: 'kept',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...changed,
  };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${url}/auth?${new URLSearchParams(given).toString()}`;
}

describe('signing in', () => {
  it('gives an access token of RFC 9068 for the platform alone, that lives a quarter of an hour', async () => {
    const { accessToken, expiresAt } = await signIn();
    const keys = createRemoteJWKSet(new URL(`${url}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(accessToken, keys, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer: url,
      audience: publicUrl,
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti', 'auth_time'],
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toMatchObject({ sub: amal.sub, aud: publicUrl, client_id: 'amana-cli', scope: 'amana' });
    expect(payload.exp! - payload.iat!).toBe(900);
    expect(Math.abs(expiresAt.getTime() - payload.exp! * 1000)).toBeLessThan(10_000);
  });

  it('tells who signed in, so that the program can greet them', async () => {
    expect((await signIn()).person).toEqual({ subject: amal.sub, email: amal.email, name: amal.name });
  });

  it('does not care for the case of the email, nor for spaces around it', async () => {
    expect((await signIn({ email: ` ${amal.email.toUpperCase()}` })).person.subject).toBe(amal.sub);
  });

  it('says the same of a wrong password and of somebody unknown', async () => {
    const words = { code: 'wrong-password', message: 'sign-in: Email and password do not match.' };
    await expect(signIn({ password: 'left horse' })).rejects.toMatchObject(words);
    await expect(signIn({ email: petra.email })).rejects.toMatchObject(words);
  });

  it('makes guesses wait after the fifth, the right one too', async () => {
    for (let guess = 1; guess <= 5; guess += 1) {
      await expect(signIn({ password: `guess ${guess}` })).rejects.toMatchObject({ code: 'wrong-password' });
    }
    await expect(signIn()).rejects.toMatchObject({ code: 'too-many-attempts', message: /Try again in 1 s/ });
  });

  it('knows an account that was added while it runs, and no longer one that was removed', async () => {
    const { refreshToken } = await signIn();
    await writeAccounts([petra]);
    expect((await signIn({ email: petra.email, password: petra.password })).person.name).toBe('Petra <Novak>');
    await expect(signIn()).rejects.toMatchObject({ code: 'wrong-password' });
    await expect(refresh(cli(), refreshToken!)).rejects.toMatchObject({ code: 'refused' });
  });

  it('is not possible when the issuer does not answer', async () => {
    const [nobody = 0] = await freePorts(1);
    const words = { code: 'unreachable', message: `sign-in: http://127.0.0.1:${nobody} does not answer` };
    await expect(signIn({ issuer: `http://127.0.0.1:${nobody}` })).rejects.toMatchObject(words);
  });
});

describe('the protocol', () => {
  const redirected = async (changed: Record<string, string | undefined>) => {
    const target = locationOf(await new Browser().get(authorizationUrl(changed)));
    // A request for tokens in the address is answered in the fragment.
    return target && Object.fromEntries(new URLSearchParams(target.search || target.hash.slice(1)));
  };

  it('leads to the sign-in page when all is as it should be', async () => {
    expect(locationOf(await new Browser().get(authorizationUrl()))?.pathname).toMatch(/^\/interaction\//);
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
    const response = await new Browser().get(authorizationUrl(changed));
    expect(response.status).toBe(400);
    expect(locationOf(response)).toBeUndefined();
    expect(await response.text()).toContain('<p role="alert">');
  });

  const codeFor = async (browser: Browser, authorization: string) => {
    const page = await browser.follow(await browser.get(authorization));
    return browser.follow(await browser.submit(page, { email: amal.email, password: amal.password }));
  };

  it('gives no token for a code whose verifier is another one; a code used twice takes back what it gave', async () => {
    const pending = await startSignIn(portal());
    const callback = locationOf(await codeFor(new Browser(), pending.authorizationUrl))!.href;
    const stolen = { ...pending, codeVerifier: 'x'.repeat(43) };
    await expect(finishSignIn(stolen, callback)).rejects.toMatchObject({ code: 'refused' });
    const { refreshToken } = await finishSignIn(pending, callback);
    await expect(finishSignIn(pending, callback)).rejects.toMatchObject({ code: 'refused' });
    await expect(refresh(portal(), refreshToken!)).rejects.toMatchObject({ code: 'refused' });
  });

  it('ends only the sign-in that was begun', async () => {
    const pending = await startSignIn(portal());
    const other = await startSignIn(portal());
    const callback = locationOf(await codeFor(new Browser(), other.authorizationUrl))!.href;
    await expect(finishSignIn(pending, callback)).rejects.toMatchObject({ code: 'refused' });
  });

  it('binds the token to a key that the client proves, and takes a proof once', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    const proof = await new SignJWT({ htm: 'POST', htu: `${url}/token`, jti: crypto.randomUUID() })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
      .setIssuedAt()
      .sign(privateKey);
    const withProof = async () => {
      const pending = await startSignIn(portal());
      const code = locationOf(await codeFor(new Browser(), pending.authorizationUrl))!.searchParams.get('code')!;
      const { clientId: client_id, redirectUri: redirect_uri, codeVerifier: code_verifier } = pending;
      const body = new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        client_id,
        redirect_uri,
        code_verifier,
      });
      const response = await fetch(`${url}/token`, { method: 'POST', body, headers: { dpop: proof } });
      return (await response.json()) as Record<string, string>;
    };
    const answer = await withProof();
    expect(answer.token_type).toBe('DPoP');
    expect(decodeJwt(answer.access_token!).cnf).toEqual({ jkt: await calculateJwkThumbprint(jwk) });
    expect((await withProof()).error).toBe('invalid_grant');
  });

  it('speaks of itself by its own address, whatever the request calls it', async () => {
    const forged = request(`${url}/.well-known/openid-configuration`, {
      headers: { host: 'attacker.example', 'x-forwarded-host': 'attacker.example', 'x-forwarded-proto': 'https' },
    });
    forged.end();
    const [response] = (await once(forged, 'response')) as [AsyncIterable<Buffer>];
    let text = '';
    for await (const chunk of response) text += chunk.toString();
    expect(JSON.parse(text)).toMatchObject({ issuer: url, token_endpoint: `${url}/token` });
    expect(text).not.toContain('attacker');
  });

  it('lets the portal alone call it from a browser page', async () => {
    const allowed = async (origin: string) => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: 'amana-portal', refresh_token: 'x' });
      const response = await fetch(`${url}/token`, { method: 'POST', body, headers: { origin } });
      return response.headers.get('access-control-allow-origin');
    };
    expect(await allowed(publicUrl)).toBe(publicUrl);
    expect(await allowed('https://attacker.example')).toBeNull();
  });
});

describe('staying signed in', () => {
  it('works with a refresh token that is good once; a second use ends the sign-in', async () => {
    const first = await signIn();
    const second = await refresh(cli(), first.refreshToken!);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(second.person).toEqual(first.person);
    await expect(refresh(cli(), first.refreshToken!)).rejects.toMatchObject({ code: 'refused' });
    await expect(refresh(cli(), second.refreshToken!)).rejects.toMatchObject({ code: 'refused' });
  });

  it('lasts twelve hours from the password on, however often it is renewed', async () => {
    const first = await signIn();
    await refresh(cli(), first.refreshToken!);
    const journal = await readFile(join(folder, 'state', 'state.jsonl'), 'utf8');
    const records = journal
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, { payload: { iat: number; exp: number } } | null]);
    const tokens = records
      .filter(([key, entry]) => key.startsWith('RefreshToken ') && entry)
      .map(([, entry]) => entry!.payload);
    const ends = new Set(tokens.map(({ exp }) => exp));
    expect(tokens.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThanOrEqual(1);
    expect(tokens[0]!.exp - tokens[0]!.iat).toBe(12 * 3600);
  });

  it('outlasts a restart of the issuer, whose keys stay the same', async () => {
    const before = await signIn();
    await stop();
    await start();
    const after = await refresh(cli(), before.refreshToken!);
    const keys = createRemoteJWKSet(new URL(`${url}/jwks`));
    for (const token of [before.accessToken, after.accessToken]) await jwtVerify(token, keys);
  });

  it('keeps keys and tokens where nobody else can read', async () => {
    await signIn();
    for (const name of ['keys.json', 'state.jsonl']) {
      expect((await stat(join(folder, 'state', name))).mode & 0o777).toBe(0o600);
    }
  });

  it('asks the portal no second time, but the command line each time', async () => {
    const browser = new Browser();
    const page = await browser.follow(await browser.get(authorizationUrl()));
    await browser.follow(await browser.submit(page, { email: amal.email, password: amal.password }));
    const again = await browser.follow(await browser.get(authorizationUrl()));
    expect(locationOf(again)?.searchParams.has('code')).toBe(true);
    const command = await browser.follow(
      await browser.get(authorizationUrl({ client_id: 'amana-cli', redirect_uri: cliCallback })),
    );
    expect(command.status).toBe(200);
    expect(await command.text()).toContain('name="password"');
  });

  it('ends with signing out, refresh token included', async () => {
    const browser = new Browser();
    const pending = await startSignIn(portal());
    const page = await browser.follow(await browser.get(pending.authorizationUrl));
    const callback = locationOf(
      await browser.follow(await browser.submit(page, { email: amal.email, password: amal.password })),
    );
    const { refreshToken } = await finishSignIn(pending, callback!.href);
    const leave = new URLSearchParams({ client_id: 'amana-portal', post_logout_redirect_uri: `${publicUrl}/` });
    const question = await browser.get(`${url}/session/end?${leave.toString()}`);
    expect(question.status).toBe(200);
    const left = await browser.submit(question, { logout: 'yes' });
    expect(locationOf(left)?.href).toBe(`${publicUrl}/`);
    await expect(refresh(portal(), refreshToken!)).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('the sign-in page', () => {
  const open = async (browser = new Browser()) => browser.follow(await browser.get(authorizationUrl()));

  it('needs nothing from elsewhere, runs no script, and cannot be framed', async () => {
    const page = await open();
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain(`form-action 'self' ${publicUrl};`);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('cache-control')).toBe('no-store');
    const html = await page.text();
    expect(html).toContain('<html lang="en">');
    expect(html).not.toMatch(/(src|href)=|@import|url\(/);
    expect(html).toMatch(/<label for="password">/);
  });

  it('keeps the email after a wrong password, escaped, and says what to do', async () => {
    const browser = new Browser();
    const answer = await browser.submit(await open(browser), { email: '"><script>x</script>@x', password: 'no' });
    const html = await answer.text();
    expect(answer.status).toBe(401);
    expect(html).toContain('value="&quot;&gt;&lt;script&gt;x&lt;/script&gt;@x"');
    expect(html).toContain('<p role="alert" id="fault">Email and password do not match.</p>');
  });

  it('lets one try again in the same page', async () => {
    const browser = new Browser();
    const wrong = await browser.submit(await open(browser), { email: amal.email, password: 'no' });
    const right = await browser.follow(await browser.submit(wrong, { email: amal.email, password: amal.password }));
    expect(locationOf(right)?.searchParams.get('state')).toBe('kept');
  });

  it('is of no use in another browser', async () => {
    const answer = await new Browser().submit(await open(), { email: amal.email, password: amal.password });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('another browser');
  });

  it.each([
    ['an empty form', { email: '', password: '' }],
    ['a form without a password', { email: amal.email }],
    ['a form of 9 KiB', { email: amal.email, password: 'x'.repeat(9 * 1024) }],
  ])('refuses %s', async (_what, fields) => {
    const browser = new Browser();
    expect((await browser.submit(await open(browser), fields)).status).toBe(400);
  });

  it('answers that it is well', async () => {
    const response = await fetch(`${url}/health`);
    expect(await response.json()).toEqual({ status: 'ok' });
  });
});
