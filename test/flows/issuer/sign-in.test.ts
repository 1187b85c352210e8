import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { refresh } from '#client/sign-in';
import { freePorts } from '../../../scripts/services/free-ports.js';
import { Browser, locationOf } from '../../support/browser.js';
import { RunningIssuer, amal, petra, publicUrl } from './running-issuer.js';

let issuer: RunningIssuer;

beforeEach(async () => {
  issuer = await RunningIssuer.start();
});
afterEach(async () => {
  await issuer.stop();
});

describe('signing in', () => {
  it('gives an access token of RFC 9068 for the platform alone, that lives five minutes', async () => {
    const { accessToken, expiresAt } = await issuer.signIn();
    const keys = createRemoteJWKSet(new URL(`${issuer.url}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(accessToken, keys, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer: issuer.url,
      audience: publicUrl,
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti', 'auth_time'],
    });
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toMatchObject({ sub: amal.sub, aud: publicUrl, client_id: 'amana-cli', scope: 'amana' });
    expect(payload.exp! - payload.iat!).toBe(300);
    expect(Math.abs(expiresAt.getTime() - payload.exp! * 1000)).toBeLessThan(10_000);
  });

  it('tells who signed in, so that the program can greet them', async () => {
    expect((await issuer.signIn()).person).toEqual({ subject: amal.sub, email: amal.email, name: amal.name });
  });

  it('does not care for the case of the email, nor for spaces around it', async () => {
    expect((await issuer.signIn({ email: ` ${amal.email.toUpperCase()}` })).person.subject).toBe(amal.sub);
  });

  it('says the same of a wrong password and of somebody unknown', async () => {
    const words = { code: 'wrong-password', message: 'sign-in: Email and password do not match.' };
    await expect(issuer.signIn({ password: 'left horse' })).rejects.toMatchObject(words);
    await expect(issuer.signIn({ email: petra.email })).rejects.toMatchObject(words);
  });

  it('makes guesses wait after the fifth, the right one too', async () => {
    for (let guess = 1; guess <= 5; guess += 1) {
      await expect(issuer.signIn({ password: `guess ${guess}` })).rejects.toMatchObject({ code: 'wrong-password' });
    }
    await expect(issuer.signIn()).rejects.toMatchObject({ code: 'too-many-attempts', message: /Try again in 1 s/ });
  });

  it('knows an account that was added while it runs, and no longer one that was removed', async () => {
    const { refreshToken, key } = await issuer.signIn();
    await issuer.writeAccounts([petra]);
    expect((await issuer.signIn({ email: petra.email, password: petra.password })).person.name).toBe('Petra <Novak>');
    await expect(issuer.signIn()).rejects.toMatchObject({ code: 'wrong-password' });
    await expect(refresh(issuer.cli, refreshToken!, key)).rejects.toMatchObject({ code: 'refused' });
  });

  it('is not possible when the issuer does not answer', async () => {
    const [nobody = 0] = await freePorts(1);
    const words = { code: 'unreachable', message: `sign-in: http://127.0.0.1:${nobody} does not answer` };
    await expect(issuer.signIn({ issuer: `http://127.0.0.1:${nobody}` })).rejects.toMatchObject(words);
  });
});

describe('the sign-in page', () => {
  it('needs nothing from elsewhere, runs no script, and cannot be framed', async () => {
    const page = await issuer.openPage();
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
    const answer = await browser.submit(await issuer.openPage(browser), {
      email: '"><script>x</script>@x',
      password: 'no',
    });
    const html = await answer.text();
    expect(answer.status).toBe(401);
    expect(html).toContain('value="&quot;&gt;&lt;script&gt;x&lt;/script&gt;@x"');
    expect(html).toContain('<p role="alert" id="fault">Email and password do not match.</p>');
  });

  it('lets one try again in the same page', async () => {
    const browser = new Browser();
    const wrong = await browser.submit(await issuer.openPage(browser), { email: amal.email, password: 'no' });
    const right = await browser.follow(await browser.submit(wrong, { email: amal.email, password: amal.password }));
    expect(locationOf(right)?.searchParams.get('state')).toBe('kept');
  });

  it('is of no use in another browser', async () => {
    const answer = await new Browser().submit(await issuer.openPage(), { email: amal.email, password: amal.password });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain('another browser');
  });

  it.each([
    ['an empty form', { email: '', password: '' }],
    ['a form without a password', { email: amal.email }],
    ['a form of 9 KiB', { email: amal.email, password: 'x'.repeat(9 * 1024) }],
  ])('refuses %s', async (_what, fields) => {
    const browser = new Browser();
    expect((await browser.submit(await issuer.openPage(browser), fields)).status).toBe(400);
  });

  it('answers that it is well', async () => {
    const response = await fetch(`${issuer.url}/health`);
    expect(await response.json()).toEqual({ status: 'ok' });
  });
});
