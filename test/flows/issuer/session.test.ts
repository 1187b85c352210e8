import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { finishSignIn, ProofKey, refresh, signOut, startSignIn } from '#client/sign-in';
import { Browser, locationOf } from '../../support/browser.js';
import { RunningIssuer, cliCallback, publicUrl } from './running-issuer.js';

let issuer: RunningIssuer;

beforeEach(async () => {
  issuer = await RunningIssuer.start();
});
afterEach(async () => {
  await issuer.stop();
});

describe('staying signed in', () => {
  it('works with a refresh token that is good once; a second use ends the sign-in', async () => {
    const first = await issuer.signIn();
    const second = await refresh(issuer.cli, first.refreshToken!, first.key);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(second.person).toEqual(first.person);
    await expect(refresh(issuer.cli, first.refreshToken!, first.key)).rejects.toMatchObject({ code: 'refused' });
    await expect(refresh(issuer.cli, second.refreshToken!, second.key)).rejects.toMatchObject({ code: 'refused' });
  });

  it('is bound to the key that it began with: a refresh token is of no use to another', async () => {
    const first = await issuer.signIn();
    await expect(refresh(issuer.cli, first.refreshToken!, await ProofKey.create())).rejects.toMatchObject({
      code: 'refused',
    });
    expect((await refresh(issuer.cli, first.refreshToken!, first.key)).person).toEqual(first.person);
  });

  it('says to the platform when, how and in which session the person signed in, and says the same once renewed', async () => {
    const first = await issuer.signIn();
    const said = decodeJwt(first.accessToken);
    expect(said).toMatchObject({
      acr: 'urn:amana:acr:password',
      sid: expect.stringMatching(/.{20}/) as unknown,
      cnf: { jkt: first.key.thumbprint },
    });
    expect(Math.abs((said.auth_time as number) - Date.now() / 1000)).toBeLessThan(30);
    const { acr, sid, auth_time, cnf } = decodeJwt(
      (await refresh(issuer.cli, first.refreshToken!, first.key)).accessToken,
    );
    expect({ acr, sid, auth_time, cnf }).toEqual({
      acr: said.acr,
      sid: said.sid,
      auth_time: said.auth_time,
      cnf: said.cnf,
    });
  });

  it('lasts a quarter of an hour beyond its last use: session and refresh token both', async () => {
    const ends = async (kind: string) =>
      (await readFile(join(issuer.folder, 'state', 'state.jsonl'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as [string, { payload: { accountId?: string; exp: number } } | null])
        .filter(([key, entry]) => key.startsWith(`${kind} `) && entry?.payload.accountId !== undefined)
        .map(([, entry]) => entry!.payload.exp);
    const now = () => Math.floor(Date.now() / 1000);
    const first = await issuer.signIn();
    const before = (await ends('Session')).length;
    while (now() < Math.max(...(await ends('Session'))) - 899) await new Promise((resolve) => setTimeout(resolve, 50));
    await refresh(issuer.cli, first.refreshToken!, first.key);
    const sessions = await ends('Session');
    expect(sessions.length).toBeGreaterThan(before);
    expect(sessions.at(-1)).toBeGreaterThan(sessions[before - 1]!);
    for (const end of [sessions.at(-1)!, (await ends('RefreshToken')).at(-1)!])
      expect(Math.abs(end - now() - 900)).toBeLessThanOrEqual(2);
  });

  it('outlasts a restart of the issuer, whose keys stay the same', async () => {
    const before = await issuer.signIn();
    await issuer.restart();
    const after = await refresh(issuer.cli, before.refreshToken!, before.key);
    const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`));
    for (const token of [before.accessToken, after.accessToken]) await jwtVerify(token, keys);
  });

  it('keeps keys and tokens where nobody else can read', async () => {
    await issuer.signIn();
    for (const name of ['keys.json', 'state.jsonl']) {
      expect((await stat(join(issuer.folder, 'state', name))).mode & 0o777).toBe(0o600);
    }
  });

  it('asks the portal no second time, but the command line each time', async () => {
    const browser = new Browser();
    await issuer.passPage(browser);
    const again = await issuer.openPage(browser);
    expect(locationOf(again)?.searchParams.has('code')).toBe(true);
    const forCommandLine = issuer.authorizationUrl({ client_id: 'amana-cli', redirect_uri: cliCallback });
    const command = await issuer.openPage(browser, forCommandLine);
    expect(command.status).toBe(200);
    expect(await command.text()).toContain('name="password"');
  });

  it('ends with signing out, refresh token included', async () => {
    const browser = new Browser();
    const key = await ProofKey.create();
    const pending = await startSignIn(issuer.portal, key);
    const callback = locationOf(await issuer.passPage(browser, pending.authorizationUrl));
    const { refreshToken } = await finishSignIn(pending, callback!.href, key);
    const leave = new URLSearchParams({ client_id: 'amana-portal', post_logout_redirect_uri: `${publicUrl}/` });
    const question = await browser.get(`${issuer.url}/session/end?${leave.toString()}`);
    expect(question.status).toBe(200);
    const left = await browser.submit(question, { logout: 'yes' });
    expect(locationOf(left)?.href).toBe(`${publicUrl}/`);
    await expect(refresh(issuer.portal, refreshToken!, key)).rejects.toMatchObject({ code: 'refused' });
  });

  it('ends at the command line with its refresh token, and the platform is told which session that was', async () => {
    const told: string[] = [];
    const platform = createServer((request, response) => {
      void text(request).then((body) => {
        told.push(`${request.method} ${request.url} ${body}`);
        response.end();
      });
    });
    platform.listen(0, '127.0.0.1');
    await once(platform, 'listening');
    await issuer.stop();
    issuer = await RunningIssuer.start(`http://127.0.0.1:${(platform.address() as AddressInfo).port}`);
    try {
      const tokens = await issuer.signIn();
      const elsewhere = await signOut(issuer.cli, tokens);
      expect(elsewhere).toContain(`${issuer.url}/session/end?id_token_hint=`);
      await expect(refresh(issuer.cli, tokens.refreshToken!, tokens.key)).rejects.toMatchObject({ code: 'refused' });
      expect(told).toHaveLength(1);
      const [, logoutToken = ''] = /^POST \/v1\/backchannel-logout logout_token=(.+)$/.exec(told[0]!) ?? [];
      const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`));
      const { payload } = await jwtVerify(logoutToken, keys, { typ: 'logout+jwt', audience: 'amana-cli' });
      expect(payload.sid).toBe(decodeJwt(tokens.accessToken).sid);
    } finally {
      platform.close();
      platform.closeAllConnections();
    }
  });

  it('56 is not ended by a page elsewhere: 403, and the sign-in stays', async () => {
    const browser = new Browser();
    const key = await ProofKey.create();
    const pending = await startSignIn(issuer.portal, key);
    const callback = locationOf(await issuer.passPage(browser, pending.authorizationUrl));
    const { refreshToken } = await finishSignIn(pending, callback!.href, key);
    await browser.get(`${issuer.url}/session/end?client_id=amana-portal`);
    const forged = new URLSearchParams({ xsrf: 'f'.repeat(48), logout: 'yes' });
    expect((await browser.post(`${issuer.url}/session/end/confirm`, forged)).status).toBe(403);
    expect((await refresh(issuer.portal, refreshToken!, key)).person.email).toBe('amal@border.example');
  });
});
