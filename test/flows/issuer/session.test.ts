import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { finishSignIn, refresh, startSignIn } from '#client/sign-in';
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
    const second = await refresh(issuer.cli, first.refreshToken!);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(second.person).toEqual(first.person);
    await expect(refresh(issuer.cli, first.refreshToken!)).rejects.toMatchObject({ code: 'refused' });
    await expect(refresh(issuer.cli, second.refreshToken!)).rejects.toMatchObject({ code: 'refused' });
  });

  it('lasts twelve hours from the password on, however often it is renewed', async () => {
    const first = await issuer.signIn();
    await refresh(issuer.cli, first.refreshToken!);
    const journal = await readFile(join(issuer.folder, 'state', 'state.jsonl'), 'utf8');
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
    const before = await issuer.signIn();
    await issuer.restart();
    const after = await refresh(issuer.cli, before.refreshToken!);
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
    const pending = await startSignIn(issuer.portal);
    const callback = locationOf(await issuer.passPage(browser, pending.authorizationUrl));
    const { refreshToken } = await finishSignIn(pending, callback!.href);
    const leave = new URLSearchParams({ client_id: 'amana-portal', post_logout_redirect_uri: `${publicUrl}/` });
    const question = await browser.get(`${issuer.url}/session/end?${leave.toString()}`);
    expect(question.status).toBe(200);
    const left = await browser.submit(question, { logout: 'yes' });
    expect(locationOf(left)?.href).toBe(`${publicUrl}/`);
    await expect(refresh(issuer.portal, refreshToken!)).rejects.toMatchObject({ code: 'refused' });
  });
});
