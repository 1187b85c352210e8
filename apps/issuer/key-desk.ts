import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Account, Accounts } from './accounts.js';
import { answer, readForm } from './forms.js';
import { keyListPage, keySignInPage } from './key-page.js';
import type { KeySession, KeySessions } from './key-sessions.js';
import { contentSecurityPolicy, errorPage } from './pages.js';
import { wordsOf } from './passkey-words.js';
import { PasskeyError, type Passkeys } from './passkeys.js';
import type { SignInThrottle } from './sign-in-throttle.js';

export interface KeyDeskParts {
  readonly accounts: Accounts;
  readonly throttle: SignInThrottle;
  readonly passkeys: Passkeys;
  readonly sessions: KeySessions;
}

/** What to say, and how; nothing to say leads back to the page. */
interface Fault {
  readonly status: number;
  readonly words: string;
  readonly email?: string;
}

/** `/passkeys`, where people register and remove their passkeys, each time signed in anew. */
export class KeyDesk {
  constructor(private readonly parts: KeyDeskParts) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('content-security-policy', contentSecurityPolicy([], 'passkey'));
    const session = this.parts.sessions.of(request);
    if (request.method === 'GET') {
      await this.show(response, session ?? (await this.parts.sessions.begin(response)));
      return;
    }
    if (request.method !== 'POST') {
      response.setHeader('allow', 'GET, POST');
      answer(response, 405, errorPage('This address answers GET and POST.'));
      return;
    }
    const form = await readForm(request);
    if (!form) {
      answer(response, 400, errorPage('That was not a form of this page.'));
      return;
    }
    if (!session || !isSame(session.token, form.get('token') ?? '')) {
      answer(response, 403, errorPage('This page had expired, or the form came from another.'));
      return;
    }
    const fault = await this.act(response, session, form);
    if (fault) await this.show(response, session, fault);
    else response.writeHead(303, { location: '/passkeys' }).end();
  }

  private async act(response: ServerResponse, session: KeySession, form: URLSearchParams): Promise<Fault | null> {
    const { passkeys, sessions } = this.parts;
    try {
      const act = form.get('act');
      if (act === 'leave') return await sessions.end(response, session).then(() => null);
      if (session.accountId === null) {
        if (act === 'password') return await this.byPassword(response, session, form);
        if (act === 'passkey') return await this.byPasskey(response, session, form.get('answer') ?? '');
        return { status: 403, words: 'Sign in first.' };
      }
      const account = await this.accountOf(session);
      if (!account) return await sessions.end(response, session).then(() => null);
      if (act === 'add') return await this.add(session, account, form);
      if (act === 'remove') return await passkeys.remove(account, form.get('id') ?? '').then(() => null);
      return { status: 400, words: 'That was not a form of this page.' };
    } catch (error) {
      if (error instanceof PasskeyError) return { status: 401, words: wordsOf(error) };
      throw error;
    }
  }

  private async byPassword(
    response: ServerResponse,
    session: KeySession,
    form: URLSearchParams,
  ): Promise<Fault | null> {
    const { accounts, passkeys, throttle } = this.parts;
    const email = form.get('email') ?? '';
    const waitSeconds = throttle.begin(email, Date.now());
    if (waitSeconds > 0) return { status: 429, words: `Too many attempts. Try again in ${waitSeconds} s.`, email };
    const account = await accounts.signIn(email, form.get('password') ?? '');
    if (!account) return { status: 401, words: 'Email and password do not match.', email };
    throttle.succeeded(email);
    if (passkeys.of(account).length > 0)
      return { status: 403, words: 'You have passkeys: sign in with one of them to change them.', email };
    return this.signedIn(response, session, account, 'password');
  }

  private async byPasskey(response: ServerResponse, session: KeySession, given: string): Promise<null> {
    return this.signedIn(response, session, await this.parts.passkeys.signIn(session.id, given), 'passkey');
  }

  private async signedIn(
    response: ServerResponse,
    before: KeySession,
    account: Account,
    by: KeySession['by'],
  ): Promise<null> {
    await this.parts.sessions.end(response, before);
    await this.parts.sessions.begin(response, { accountId: account.sub, by });
    return null;
  }

  private async add(session: KeySession, account: Account, form: URLSearchParams): Promise<Fault | null> {
    const label = (form.get('label') ?? '').trim();
    if (label === '' || label.length > 60)
      return { status: 400, words: 'Give the passkey a name, of 60 letters at most.' };
    await this.parts.passkeys.register(session.id, account, form.get('answer') ?? '', label);
    return null;
  }

  /** Who is signed in to the page. A password was enough as long as there was no passkey: not for one more, nor beside one that came since. */
  private async accountOf({ accountId, by }: KeySession): Promise<Account | undefined> {
    const account = accountId === null ? undefined : await this.parts.accounts.bySubject(accountId);
    return account && by === 'password' && this.parts.passkeys.of(account).length > 0 ? undefined : account;
  }

  private async show(response: ServerResponse, given: KeySession, fault?: Fault): Promise<void> {
    const { passkeys, sessions } = this.parts;
    const account = await this.accountOf(given);
    const shown = { fault: fault?.words };
    const status = fault?.status ?? 200;
    if (account) {
      const asked = await passkeys.registrationOptions(given.id, account);
      const keys = passkeys.of(account);
      answer(response, status, keyListPage({ ...shown, token: given.token, asked, name: account.name, keys }));
      return;
    }
    const session = given.accountId === null ? given : await sessions.begin(response);
    const asked = await passkeys.signInOptions(session.id);
    answer(response, status, keySignInPage({ ...shown, token: session.token, asked, email: fault?.email ?? '' }));
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
