import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { PASSKEY_ACR, PASSWORD_ACR } from './acr.js';
import type { Accounts } from './accounts.js';
import { answer, readForm } from './forms.js';
import { errors } from './oidc-provider.js';
import { contentSecurityPolicy, errorPage } from './pages.js';
import { wordsOf } from './passkey-words.js';
import { PasskeyError, type Passkeys } from './passkeys.js';
import { signInPage } from './sign-in-page.js';
import type { SignInThrottle } from './sign-in-throttle.js';

export interface SignInDesk {
  readonly provider: Provider;
  readonly accounts: Accounts;
  readonly throttle: SignInThrottle;
  /** Null where browsers have none for this issuer. */
  readonly passkeys: Passkeys | null;
}

/** The page that asks for email and password, or a passkey, and its answer. `/interaction/<uid>`, bound to the browser by a cookie. */
export async function signIn(request: IncomingMessage, response: ServerResponse, desk: SignInDesk): Promise<void> {
  const { provider, accounts, throttle, passkeys } = desk;
  response.setHeader('content-security-policy', contentSecurityPolicy([]));
  let interaction: Awaited<ReturnType<Provider['interactionDetails']>>;
  try {
    interaction = await provider.interactionDetails(request, response);
  } catch (cause) {
    if (!(cause instanceof errors.SessionNotFound)) throw cause;
    answer(response, 400, errorPage('This sign-in has expired, or was begun in another browser.'));
    return;
  }
  const { redirect_uri: redirectUri, login_hint: hint, acr_values: acrValues } = interaction.params;
  // Browsers hold redirects after a form to the policy too, and signing in ends at the client.
  const targets = typeof redirectUri === 'string' ? [new URL(redirectUri).origin] : [];
  response.setHeader('content-security-policy', contentSecurityPolicy(targets, passkeys ? 'passkey' : 'none'));
  const { uid } = interaction;
  const show = async (status: number, email: string, fault?: string): Promise<void> => {
    const passkey = passkeys && { asked: await passkeys.signInOptions(uid) };
    const form = { action: `/interaction/${uid}`, email, passkey, passkeyOnly: asksForPasskey(acrValues) };
    answer(response, status, signInPage({ ...form, ...(fault !== undefined && { fault }) }));
  };
  const finish = (accountId: string, acr: string, amr: string[]): Promise<void> => {
    const login = { accountId, acr, amr, remember: false };
    return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
  };
  if (request.method === 'GET') {
    await show(200, typeof hint === 'string' ? hint : '');
    return;
  }
  if (request.method !== 'POST') {
    response.setHeader('allow', 'GET, POST');
    answer(response, 405, errorPage('This address answers GET and POST.'));
    return;
  }
  const form = await readForm(request);
  const given = form?.get('answer') ?? '';
  if (passkeys && given !== '') {
    try {
      const account = await passkeys.signIn(uid, given);
      await finish(account.sub, PASSKEY_ACR, ['pop', 'user', 'mfa']);
    } catch (error) {
      if (!(error instanceof PasskeyError)) throw error;
      await show(401, '', wordsOf(error));
    }
    return;
  }
  const email = form?.get('email') ?? '';
  const password = form?.get('password') ?? '';
  if (email === '' || password === '') {
    answer(response, 400, errorPage('That was not the sign-in form.'));
    return;
  }
  const waitSeconds = throttle.begin(email, Date.now());
  if (waitSeconds > 0) {
    response.setHeader('retry-after', String(waitSeconds));
    await show(429, email, `Too many attempts. Try again in ${waitSeconds} s.`);
    return;
  }
  const account = await accounts.signIn(email, password);
  if (!account) {
    await show(401, email, 'Email and password do not match.');
    return;
  }
  throttle.succeeded(email);
  await finish(account.sub, PASSWORD_ACR, ['pwd']);
}

/** Whether a client asks for a passkey and would not have a password. */
function asksForPasskey(acrValues: unknown): boolean {
  const asked = typeof acrValues === 'string' ? acrValues.split(' ') : [];
  return asked.includes(PASSKEY_ACR) && !asked.includes(PASSWORD_ACR);
}
