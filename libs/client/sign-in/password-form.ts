import { finishSignIn, startSignIn } from './code-flow.js';
import { CookieJar } from './cookie-jar.js';
import type { SignInClient, Tokens } from './issuer.js';
import { ProofKey } from './proof-key.js';
import { SignInError } from './sign-in-error.js';

export interface PasswordSignIn extends SignInClient {
  /** One that the client has registered; nothing listens there. */
  readonly redirectUri: string;
  readonly email: string;
  readonly password: string;
}

const mostSteps = 12;

/**
 * Signs in without a browser, by filling in the embedded issuer's own form: for scripts, tests and the demo. Not in a browser,
 * which hides redirects and cookies from programs; and not with other issuers, whose pages we do not know.
 * @throws SignInError 'wrong-password', 'too-many-attempts', 'refused', 'unreachable', 'unexpected'
 */
export async function signInWithPassword(signIn: PasswordSignIn): Promise<Tokens> {
  const key = await ProofKey.create();
  const pending = await startSignIn(signIn, key);
  const jar = new CookieJar();
  let url = new URL(pending.authorizationUrl);
  let form: URLSearchParams | undefined;
  for (let step = 0; step < mostSteps; step += 1) {
    const response = await visit(url, jar, form);
    const location = response.headers.get('location');
    if (location !== null && response.status >= 300 && response.status < 400) {
      const next = new URL(location, url);
      if (isCallback(next, pending.redirectUri)) return finishSignIn(pending, next.href, key);
      if (next.origin !== url.origin) throw new SignInError('unexpected', `the issuer leads to ${next.origin}`);
      url = next;
      form = undefined;
      continue;
    }
    const page = await response.text();
    if (form !== undefined || !response.ok) throw refusal(response.status, page);
    url = new URL(formAction(page), url);
    form = new URLSearchParams({ email: signIn.email, password: signIn.password });
  }
  throw new SignInError('unexpected', 'the issuer leads in circles');
}

async function visit(url: URL, jar: CookieJar, form: URLSearchParams | undefined): Promise<Response> {
  const cookie = jar.header(url);
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: cookie === '' ? {} : { cookie },
      ...(form && { method: 'POST', body: form }),
    });
    jar.take(url, response.headers);
    return response;
  } catch (cause) {
    throw new SignInError('unreachable', `sign-in: ${url.origin} does not answer`, { cause });
  }
}

function isCallback(url: URL, redirectUri: string): boolean {
  const expected = new URL(redirectUri);
  return url.origin === expected.origin && url.pathname === expected.pathname;
}

function formAction(page: string): string {
  const action = /<form [^>]*\baction="([^"]*)"/.exec(page)?.[1];
  const asksPassword = /<input [^>]*\bname="password"/.test(page);
  if (action === undefined || !asksPassword)
    throw new SignInError('unexpected', 'the issuer shows no form for a password');
  return unescapeHtml(action);
}

function refusal(status: number, page: string): SignInError {
  const words = /<p role="alert"[^>]*>([^<]*)</.exec(page)?.[1];
  const message = `sign-in: ${words === undefined ? `the issuer answered ${status}` : unescapeHtml(words)}`;
  if (status === 401) return new SignInError('wrong-password', message);
  if (status === 429) return new SignInError('too-many-attempts', message);
  return new SignInError(words === undefined ? 'unexpected' : 'refused', message);
}

function unescapeHtml(text: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_entity, name: string) => characters[name] ?? '');
}
