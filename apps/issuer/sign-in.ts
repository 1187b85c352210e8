import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import type { Accounts } from './accounts.js';
import { contentSecurityPolicy, errorPage, signInPage } from './pages.js';
import { errors } from './oidc-provider.js';
import { PASSWORD_ACR } from './provider.js';
import type { SignInThrottle } from './sign-in-throttle.js';

const mostFormBytes = 8 * 1024;

/** The page that asks for email and password, and its answer. `/interaction/<uid>`, bound to the browser by a cookie. */
export async function signIn(
  request: IncomingMessage,
  response: ServerResponse,
  { provider, accounts, throttle }: { provider: Provider; accounts: Accounts; throttle: SignInThrottle },
): Promise<void> {
  response.setHeader('content-security-policy', contentSecurityPolicy([]));
  let interaction: Awaited<ReturnType<Provider['interactionDetails']>>;
  try {
    interaction = await provider.interactionDetails(request, response);
  } catch (cause) {
    if (!(cause instanceof errors.SessionNotFound)) throw cause;
    answer(response, 400, errorPage('This sign-in has expired, or was begun in another browser.'));
    return;
  }
  // Browsers hold redirects after a form to the policy too, and signing in ends at the client.
  const { redirect_uri: redirectUri } = interaction.params;
  const targets = typeof redirectUri === 'string' ? [new URL(redirectUri).origin] : [];
  response.setHeader('content-security-policy', contentSecurityPolicy(targets));
  const action = `/interaction/${interaction.uid}`;
  const show = (status: number, email: string, fault?: string): void => {
    answer(response, status, signInPage({ action, email, ...(fault !== undefined && { fault }) }));
  };
  if (request.method === 'GET') {
    const hint = interaction.params.login_hint;
    show(200, typeof hint === 'string' ? hint : '');
    return;
  }
  if (request.method !== 'POST') {
    response.setHeader('allow', 'GET, POST');
    answer(response, 405, errorPage('This address answers GET and POST.'));
    return;
  }
  const form = await readForm(request);
  if (!form) {
    answer(response, 400, errorPage('That was not the sign-in form.'));
    return;
  }
  const { email, password } = form;
  const waitSeconds = throttle.begin(email, Date.now());
  if (waitSeconds > 0) {
    response.setHeader('retry-after', String(waitSeconds));
    show(429, email, `Too many attempts. Try again in ${waitSeconds} s.`);
    return;
  }
  const account = await accounts.signIn(email, password);
  if (!account) {
    show(401, email, 'Email and password do not match.');
    return;
  }
  throttle.succeeded(email);
  const login = { accountId: account.sub, acr: PASSWORD_ACR, amr: ['pwd'], remember: false };
  await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
}

function answer(response: ServerResponse, status: number, page: string): void {
  response.statusCode = status;
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(page);
}

async function readForm(request: IncomingMessage): Promise<{ email: string; password: string } | undefined> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostFormBytes) return undefined;
    chunks.push(chunk);
  }
  const fields = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
  const email = fields.get('email') ?? '';
  const password = fields.get('password') ?? '';
  return email === '' || password === '' ? undefined : { email, password };
}
