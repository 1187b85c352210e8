import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { type DeviceCode, ProofKey, type Tokens, refresh, signInOnDevice } from '#client/sign-in';
import { Browser } from '../../support/browser.js';
import { RunningIssuer, amal, publicUrl } from './running-issuer.js';

let issuer: RunningIssuer;
let key: ProofKey;

beforeEach(async () => {
  issuer = await RunningIssuer.start();
  key = await ProofKey.create();
});
afterEach(async () => {
  await issuer.stop();
});

/** A terminal that waits. */
async function begin(): Promise<DeviceCode & { readonly tokens: Promise<Tokens> }> {
  let tokens: Promise<Tokens> | undefined;
  const shown = await new Promise<DeviceCode>((show, fail) => {
    tokens = signInOnDevice(issuer.cli, key, { maxAgeSeconds: 0 }, show);
    tokens.catch(fail);
  });
  return { ...shown, tokens: tokens! };
}
const textOf = async (response: Response) => response.text();
const confirmationOf = async (browser: Browser, { address, code }: DeviceCode) =>
  browser.submit(await browser.get(address), { user_code: code });
/** Asks for the tokens of a code as a terminal does that has no key. */
const answerTo = async (body: Record<string, string>) =>
  (await fetch(`${issuer.url}/token`, { method: 'POST', body: new URLSearchParams(body) })).json();
const initiate = async (changed: Record<string, string> = {}) => {
  const body = new URLSearchParams({ client_id: 'amana-cli', scope: 'openid amana', resource: publicUrl, ...changed });
  const answer = await fetch(`${issuer.url}/device/auth`, { method: 'POST', body });
  return { status: answer.status, json: (await answer.json()) as Record<string, string> };
};

describe('a terminal without a browser', () => {
  it('is signed in from another machine, with tokens that are bound to the key of the terminal', async () => {
    const terminal = await begin();
    expect(terminal.address).toBe(`${issuer.url}/device`);
    expect(terminal.code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
    const browser = new Browser();
    const asked = await confirmationOf(browser, { ...terminal, code: terminal.code.toLowerCase().replace('-', ' ') });
    const words = await asked.clone().text();
    expect(words).toContain('Amana on the command line');
    expect(words).toContain(terminal.code);
    const page = await browser.follow(await browser.submit(asked, {}));
    const done = await browser.follow(await browser.submit(page, { email: amal.email, password: amal.password }));
    expect(await textOf(done)).toContain('The terminal is signed in');
    const tokens = await terminal.tokens;
    expect(tokens.person).toEqual({ subject: amal.sub, email: amal.email, name: amal.name });
    const said = decodeJwt(tokens.accessToken);
    expect(said).toMatchObject({ aud: publicUrl, acr: 'urn:amana:acr:password', cnf: { jkt: key.thumbprint } });
    expect(Math.abs((said.auth_time as number) - Date.now() / 1000)).toBeLessThan(30);
    expect(said.sid).toEqual(expect.any(String));
    expect((await refresh(issuer.cli, tokens.refreshToken!, key)).person).toEqual(tokens.person);
  }, 30_000);

  it('asks for the password although the browser is signed in: a code that somebody sent is not enough', async () => {
    const browser = new Browser();
    await issuer.passPage(browser);
    const { json } = await initiate();
    const asked = await confirmationOf(browser, { address: json.verification_uri!, code: json.user_code! });
    const page = await browser.follow(await browser.submit(asked, {}));
    expect(await textOf(page)).toContain('name="password"');
  });

  it('gets nothing when the person stops it', async () => {
    const terminal = await begin();
    const browser = new Browser();
    const stopped = await browser.submit(await confirmationOf(browser, terminal), { abort: 'yes' });
    expect(await textOf(stopped)).toContain('The sign-in was stopped');
    await expect(terminal.tokens).rejects.toMatchObject({ code: 'refused' });
  }, 30_000);

  it('gets nothing without a proof of a key, and waits ten minutes at most', async () => {
    const { json } = await initiate();
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'amana-cli' };
    expect(await answerTo({ ...grant, device_code: json.device_code! })).toMatchObject({ error: 'invalid_grant' });
    expect(json).toMatchObject({ expires_in: 600 });
  });

  it('is not what the portal is', async () => {
    expect(await initiate({ client_id: 'amana-portal' })).toMatchObject({ status: 400 });
  });
});

describe('the page for the code', () => {
  it('needs nothing from elsewhere, runs no script, and has a name for its field', async () => {
    const page = await new Browser().get(`${issuer.url}/device`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await textOf(page);
    expect(html).toContain('<label for="code">');
    expect(html).not.toMatch(/(src|href|onfocus)=|<script/);
  });

  it.each([
    ['a code that nobody has', 'BBBB-BBBB', 'No sign-in waits for this code.'],
    ['no code', '', 'Type the code that the terminal shows.'],
    ['a script', '"><script>', 'No sign-in waits for this code.'],
  ])('says what is wrong with %s, and lets one try again', async (_what, typed, words) => {
    const browser = new Browser();
    const answer = await browser.submit(await browser.get(`${issuer.url}/device`), { user_code: typed });
    const html = await answer.clone().text();
    expect(html).toContain(`<p role="alert" id="fault">${words}</p>`);
    expect(html).not.toContain('<script>');
    const { json } = await initiate();
    expect(await textOf(await browser.submit(answer, { user_code: json.user_code! }))).toContain(
      'Is this your terminal?',
    );
  });

  it('takes a code once', async () => {
    const { json } = await initiate();
    const given = { address: json.verification_uri!, code: json.user_code! };
    const browser = new Browser();
    await browser.follow(await browser.submit(await confirmationOf(browser, given), {}));
    const again = await confirmationOf(new Browser(), given);
    expect(await textOf(again)).toContain('This code was used before');
  });

  it('takes no form that another page sends', async () => {
    const { json } = await initiate();
    const browser = new Browser();
    await browser.get(`${issuer.url}/device`);
    const forged = new URLSearchParams({ user_code: json.user_code!, confirm: 'yes' });
    const answer = await browser.post(`${issuer.url}/device`, forged);
    expect([answer.status, await textOf(answer)]).toEqual([400, expect.stringContaining('That did not work')]);
  });
});
