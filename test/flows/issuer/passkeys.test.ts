import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { ProofKey, finishSignIn, startSignIn } from '#client/sign-in';
import { Browser, locationOf } from '../../support/browser.js';
import { SoftwarePasskey } from '../../support/software-passkey.js';
import { RunningIssuer, amal, petra, publicUrl } from './running-issuer.js';

const PASSKEY = 'urn:amana:acr:passkey';

let issuer: RunningIssuer;
let passkey: SoftwarePasskey;

beforeEach(async () => {
  issuer = await RunningIssuer.start(publicUrl, 'localhost');
  passkey = new SoftwarePasskey(issuer.url, 'localhost');
});
afterEach(async () => {
  await issuer.stop();
});

const unescaped = (text: string) =>
  text
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
const askedIn = (html: string) => JSON.parse(unescaped(/data-asked="([^"]*)"/.exec(html)?.[1] ?? 'null')) as object;

/** Somebody at the page of passkeys. */
class Visit {
  constructor(
    readonly browser = new Browser(),
    public html = '',
    public status = 0,
  ) {}

  async open(): Promise<this> {
    return this.take(await this.browser.get(`${issuer.url}/passkeys`));
  }

  async send(fields: Record<string, string>): Promise<this> {
    const token = /name="token" value="([^"]*)"/.exec(this.html)?.[1] ?? '';
    const body = new URLSearchParams({ token, ...fields });
    return this.take(await this.browser.post(`${issuer.url}/passkeys`, body));
  }

  withPassword = ({ email, password } = amal) => this.send({ act: 'password', email, password });
  withPasskey = (key = passkey) => this.send({ act: 'passkey', answer: key.use(askedIn(this.html)) });
  add = (key = passkey, label = 'Blue key') =>
    this.send({ act: 'add', label, answer: key.register(askedIn(this.html)) });

  get fault(): string | undefined {
    return /<p role="alert" id="fault">([^<]*)</.exec(this.html)?.[1];
  }

  private async take(response: Response): Promise<this> {
    const shown = response.status === 303 ? await this.browser.follow(response) : response;
    this.status = response.status;
    this.html = await shown.text();
    return this;
  }
}
const registered = async () => (await (await new Visit().open()).withPassword()).add();

describe('the page of passkeys', () => {
  it('runs one script of its own, loads nothing, cannot be framed, and is for its browser alone', async () => {
    const page = await new Browser().get(`${issuer.url}/passkeys`);
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toMatch(
      /^default-src 'none';style-src 'sha256-[^']+';script-src 'sha256-[^']+';form-action 'self';/,
    );
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.headers.get('set-cookie')).toMatch(
      /^_keys=[\w-]{43}; Path=\/passkeys; Max-Age=600; HttpOnly; SameSite=Strict$/,
    );
    expect(page.headers.get('cache-control')).toBe('no-store');
    const html = await page.text();
    expect(html).not.toMatch(/(src|onclick|onsubmit)=|@import|url\(/);
    expect(html.match(/<script/g)).toHaveLength(1);
  });

  it('lets somebody register the first with a password, and asks for it from then on', async () => {
    const visit = await registered();
    expect([visit.status, visit.html]).toEqual([303, expect.stringContaining('Sign in once more')]);
    await visit.withPasskey();
    expect(visit.html).toContain('<bdi>Blue key</bdi>');
  });

  it('gives a password nothing once there is a passkey, nor what it had before', async () => {
    const early = await (await new Visit().open()).withPassword();
    expect(early.html).toContain('You have none yet.');
    await registered();
    const late = await (await new Visit().open()).withPassword();
    expect([late.status, late.fault]).toEqual([403, 'You have passkeys: sign in with one of them to change them.']);
    await early.add(new SoftwarePasskey(issuer.url, 'localhost'), 'Stolen');
    const owner = await (await new Visit().open()).withPasskey();
    expect(owner.html).toContain('Blue key');
    expect(owner.html).not.toContain('Stolen');
  });

  it('says the same of a wrong password and of somebody unknown, and makes guesses wait', async () => {
    const visit = await new Visit().open();
    for (const person of [{ ...amal, password: 'no' }, petra]) {
      await visit.withPassword(person);
      expect([visit.status, visit.fault]).toEqual([401, 'Email and password do not match.']);
    }
    for (let guess = 0; guess < 4; guess += 1) await visit.withPassword({ ...amal, password: 'no' });
    await visit.withPassword();
    expect([visit.status, visit.fault]).toEqual([429, expect.stringMatching(/Try again in/)]);
  });

  it.each<[string, (visit: Visit) => Promise<Visit>, number]>([
    ['no token', (visit) => visit.send({ act: 'remove', id: passkey.id, token: '' }), 403],
    [
      'the token of another visit',
      async (visit) => visit.send({ act: 'remove', id: passkey.id, token: 'x'.repeat(43) }),
      403,
    ],
    ['nothing to do', (visit) => visit.send({}), 400],
    ['a name of 61 letters', (visit) => visit.add(new SoftwarePasskey(issuer.url, 'localhost'), 'x'.repeat(61)), 400],
    ['no name', (visit) => visit.add(new SoftwarePasskey(issuer.url, 'localhost'), ' '), 400],
    ['an answer that is none', (visit) => visit.send({ act: 'add', label: 'x', answer: '{}' }), 401],
    ['a form of 9 KiB', (visit) => visit.send({ act: 'add', label: 'x', answer: 'x'.repeat(9 * 1024) }), 400],
  ])('refuses a form with %s, and nothing has changed', async (_what, act, status) => {
    const visit = await (await registered()).withPasskey();
    expect((await act(visit)).status).toBe(status);
    const after = await (await new Visit().open()).withPasskey();
    expect(after.html.match(/<li>/g)).toHaveLength(1);
  });

  it('changes nothing for who has not signed in to it, signed in elsewhere or not', async () => {
    await registered();
    const browser = new Browser();
    await issuer.passPage(browser);
    const visit = await new Visit(browser).open();
    const attempts = { add: { label: 'x', answer: '{}' }, remove: { id: passkey.id } };
    for (const [act, fields] of Object.entries(attempts)) {
      await visit.send({ act, ...fields });
      expect([visit.status, visit.fault]).toEqual([403, 'Sign in first.']);
    }
    expect((await (await new Visit().open()).withPasskey()).html).toContain('Blue key');
  });

  it('ends with its last form: the cookie before is good for nothing', async () => {
    const visit = await (await registered()).withPasskey();
    const { html } = visit;
    await visit.send({ act: 'leave' });
    expect(visit.html).toContain('Sign in once more');
    visit.html = html;
    expect((await visit.send({ act: 'remove', id: passkey.id })).status).toBe(403);
  });

  it('shows a name as it was typed, and runs nothing of it', async () => {
    const visit = await (await new Visit().open()).withPassword();
    await visit.add(passkey, '"><script>x</script>');
    await visit.withPasskey();
    expect(visit.html).toContain('<bdi>&quot;&gt;&lt;script&gt;x&lt;/script&gt;</bdi>');
  });

  it('keeps no secret of its visitors in a file', async () => {
    const browser = new Browser();
    const cookie = /_keys=([^;]*)/.exec(
      (await browser.get(`${issuer.url}/passkeys`)).headers.get('set-cookie') ?? '',
    )?.[1];
    const state = await readFile(join(issuer.folder, 'state', 'state.jsonl'), 'utf8');
    expect(state).toContain('KeySession ');
    expect(state).not.toContain(cookie);
  });
});

describe('signing in with a passkey', () => {
  const begin = async (asked: { acrValues?: string } = {}, browser = new Browser()) => {
    const key = await ProofKey.create();
    const pending = await startSignIn(issuer.cli, key, asked);
    const page = await issuer.openPage(browser, pending.authorizationUrl);
    const html = await page.clone().text();
    const answer = async (text: string) => browser.follow(await browser.submit(page.clone(), { answer: text }));
    return { key, pending, browser, html, answer };
  };

  it('says so to the platform: class, and when', async () => {
    await registered();
    const { key, pending, html, answer } = await begin();
    const tokens = await finishSignIn(pending, locationOf(await answer(passkey.use(askedIn(html))))!.href, key);
    const { acr, auth_time: at } = decodeJwt(tokens.accessToken);
    expect(acr).toBe(PASSKEY);
    expect(Math.abs((at as number) - Date.now() / 1000)).toBeLessThan(30);
  });

  it('is asked for where a client asks for it, of somebody signed in with a password too', async () => {
    await registered();
    const browser = new Browser();
    await issuer.passPage(browser);
    const again = (acr_values?: string) => browser.get(issuer.authorizationUrl({ acr_values }));
    expect(locationOf(await again())?.searchParams.has('code')).toBe(true);
    const page = await browser.follow(await again(PASSKEY));
    const html = await page.clone().text();
    expect(html).not.toContain('name="password"');
    const back = await browser.follow(await browser.submit(page, { answer: passkey.use(askedIn(html)) }));
    expect(locationOf(back)?.searchParams.has('code')).toBe(true);
    expect(locationOf(await again(PASSKEY))?.searchParams.has('code')).toBe(true);
  });

  it('takes an answer once, and on the page that asked', async () => {
    await registered();
    const first = await begin();
    const second = await begin();
    const answer = passkey.use(askedIn(first.html));
    const elsewhere = await second.answer(answer);
    expect([elsewhere.status, await elsewhere.text()]).toEqual([401, expect.stringContaining('was not accepted')]);
    expect(locationOf(await first.answer(answer))?.searchParams.has('code')).toBe(true);
    const replayed = await begin();
    expect((await replayed.answer(answer)).status).toBe(401);
  });

  it('takes no answer that was given to the page of passkeys', async () => {
    const visit = await registered();
    const { answer } = await begin();
    expect((await answer(passkey.use(askedIn(visit.html)))).status).toBe(401);
  });
});
