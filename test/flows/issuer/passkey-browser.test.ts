import { mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ProofKey, finishSignIn, startSignIn } from '#client/sign-in';
import { type Loopback, listenForCallback } from '../../../apps/cli/node/loopback.js';
import { PasskeyBrowser } from '../../support/passkey-browser.js';
import { requires } from '../../support/requires.js';
import { RunningIssuer, amal, publicUrl } from './running-issuer.js';

requires('chromium')('passkeys in a real browser', () => {
  let issuer: RunningIssuer;
  let browser: PasskeyBrowser;
  let terminal: Loopback;
  const refusedByPolicy: string[] = [];

  beforeEach(async () => {
    issuer = await RunningIssuer.start(publicUrl, 'localhost');
    browser = await PasskeyBrowser.open();
    terminal = await listenForCallback();
    browser.page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) refusedByPolicy.push(message.text());
    });
  });
  afterEach(async () => {
    terminal?.close();
    await browser?.close();
    await issuer?.stop();
    expect(refusedByPolicy.splice(0)).toEqual([]);
  });

  const heading = () => browser.page.locator('h1').textContent();
  const alert = () => browser.page.locator('[role=alert]:not([hidden])').textContent();
  const openKeys = () => browser.page.goto(`${issuer.url}/passkeys`);
  const picture = async (name: string) => {
    const folder = process.env.AMANA_TEST_PICTURES;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await browser.page.screenshot({ path: `${folder}/${name}.png` });
  };
  const signInWithPassword = async () => {
    await browser.page.getByLabel('Email').fill(amal.email);
    await browser.page.getByLabel('Password').fill(amal.password);
    await browser.page.keyboard.press('Enter');
  };
  const usePasskey = () => browser.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  const register = async (name: string) => {
    await browser.page.getByLabel('Name of the new passkey').fill(name);
    await browser.page.keyboard.press('Enter');
  };
  const registerFirst = async () => {
    await openKeys();
    await signInWithPassword();
    await register('Blue key');
    await browser.page.getByRole('button', { name: 'Sign in with a passkey' }).waitFor();
  };
  /** Amal's sign-in to the command line, up to where it asks. */
  const begin = async (acrValues?: string) => {
    const key = await ProofKey.create();
    const pending = await startSignIn(
      { ...issuer.cli, redirectUri: terminal.redirectUri },
      key,
      acrValues === undefined ? {} : { acrValues },
    );
    await browser.page.goto(pending.authorizationUrl);
    return { pending, key };
  };
  /** The address that the browser is sent back to, once it is there. */
  const cameBack = async (act: () => Promise<unknown>) => {
    await act();
    await browser.page.getByText('go back to the terminal').waitFor();
    return terminal.callback;
  };

  it('are registered after a password, and sign in with a class of their own', async () => {
    await openKeys();
    await picture('keys-sign-in');
    await signInWithPassword();
    await picture('keys-none');
    await register('Blue key');
    await usePasskey();
    await browser.page.getByText('Blue key').first().waitFor();
    await picture('keys-one');
    const { pending, key } = await begin('urn:amana:acr:passkey');
    expect(await browser.page.getByLabel('Password').count()).toBe(0);
    await picture('sign-in-passkey-only');
    const { accessToken, person } = await finishSignIn(pending, await cameBack(usePasskey), key);
    expect(person.subject).toBe(amal.sub);
    expect(decodeJwt(accessToken)).toMatchObject({ acr: 'urn:amana:acr:passkey', sub: amal.sub });
  }, 60_000);

  it('stand beside the password, which keeps its own class', async () => {
    await registerFirst();
    const { pending, key } = await begin();
    await picture('sign-in-both');
    const { accessToken } = await finishSignIn(pending, await cameBack(signInWithPassword), key);
    expect(decodeJwt(accessToken).acr).toBe('urn:amana:acr:password');
  }, 60_000);

  it('are void once one is used as a copy would be: neither the copy nor the key signs in again', async () => {
    await registerFirst();
    const [copy] = await browser.credentials();
    const first = await begin();
    await finishSignIn(first.pending, await cameBack(usePasskey), first.key);
    const [used] = await browser.credentials();
    expect(used!.signCount).toBeGreaterThan(copy!.signCount);
    await browser.putBack(copy!);
    await begin();
    await usePasskey();
    expect(await alert()).toContain('used out of turn, as a copy of it would be');
    await picture('sign-in-cloned');
    await browser.putBack({ ...used!, signCount: used!.signCount + 10 });
    await usePasskey();
    await browser.page.getByText('This passkey was not accepted.').waitFor();
    // Nor does a password take its place, until who runs the issuer says so.
    await openKeys();
    await signInWithPassword();
    expect(await alert()).toContain('sign in with one of them to change them');
    await issuer.writeAccounts([{ ...amal, passkeysSince: new Date(Date.now() + 1).toISOString() }]);
    await signInWithPassword();
    await browser.page.getByText('You have none yet.').waitFor();
  }, 60_000);

  it('are several for one person, and each is removed by who signed in with one', async () => {
    await registerFirst();
    await usePasskey();
    await register('Spare key');
    expect(await alert()).toContain('This device has a passkey of yours already');
    await browser.exchangeAuthenticator();
    await register('Spare key');
    await browser.page.getByRole('button', { name: 'Remove Spare key' }).waitFor();
    await picture('keys-two');
    await browser.page.getByRole('button', { name: 'Remove Blue key' }).click();
    await browser.page.getByRole('button', { name: 'Remove Blue key' }).waitFor({ state: 'detached' });
    expect(await browser.page.getByRole('button', { name: 'Remove Spare key' }).count()).toBe(1);
    await browser.page.getByRole('button', { name: 'Done' }).click();
    expect(await heading()).toBe('Your passkeys');
    expect(await browser.page.getByLabel('Password').count()).toBe(1);
  }, 60_000);
});

describe('an issuer at an address in numbers', () => {
  it('has no passkeys, because browsers have none there, and does not speak of them', async () => {
    const issuer = await RunningIssuer.start();
    const page = await (await issuer.openPage()).text();
    expect(page).not.toContain('passkey');
    expect((await fetch(`${issuer.url}/passkeys`)).status).toBe(404);
    const metadata = await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json();
    expect(metadata).toMatchObject({ acr_values_supported: ['urn:amana:acr:password'] });
    await issuer.stop();
  });
});
