import { type PasskeyQuestion, passkeyForm } from './passkey-form.js';
import { PASSKEY_SCRIPT } from './passkey-script.js';
import { escapeHtml, page } from './pages.js';

export interface SignInForm {
  readonly action: string;
  /** What was typed before. */
  readonly email: string;
  readonly fault?: string;
  /** What to ask a browser for a passkey with; null where there are none. */
  readonly passkey: PasskeyQuestion | null;
  /** Whether a password would not do for what is asked. */
  readonly passkeyOnly: boolean;
}

export function signInPage({ action, email, fault, passkey, passkeyOnly }: SignInForm): string {
  const alert = fault === undefined ? '' : `<p role="alert" id="fault">${escapeHtml(fault)}</p>`;
  const byPasskey = passkey && passkeyForm({ ...passkey, action, kind: 'use', label: 'Sign in with a passkey' });
  if (byPasskey !== null && passkeyOnly) {
    const words = `<p>What you are about to do asks for a passkey.</p>
${byPasskey}<p class="or"><a href="/passkeys">Register a passkey first</a></p>`;
    return page('Sign in', alert + words, PASSKEY_SCRIPT);
  }
  const other =
    byPasskey === null ? '' : `<p class="or">or</p>\n${byPasskey}<p class="or"><a href="/passkeys">My passkeys</a></p>`;
  return page(
    'Sign in',
    `${alert}${passwordForm({ action, email, fault })}${other}`,
    byPasskey === null ? '' : PASSKEY_SCRIPT,
  );
}

/** @param hidden further fields, as HTML */
export function passwordForm(
  { action, email, fault }: { readonly action: string; readonly email: string; readonly fault?: string | undefined },
  hidden = '',
): string {
  const described = fault === undefined ? '' : ' aria-describedby="fault"';
  const focus = (field: 'email' | 'password') => ((email === '') === (field === 'email') ? ' autofocus' : '');
  return `<form method="post" action="${escapeHtml(action)}">${hidden}
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${escapeHtml(email)}"${focus('email')}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"${described}${focus('password')}>
<button type="submit">Sign in</button>
</form>`;
}
