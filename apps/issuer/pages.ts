import { createHash } from 'node:crypto';
import { PASSKEY_SCRIPT_HASH } from './passkey-script.js';

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#eef1f4,#14181d)}
main{box-sizing:border-box;width:min(24rem,100% - 2rem);padding:2rem;border-radius:.75rem;background:light-dark(#fff,#1d232a);
box-shadow:0 1px 8px #0002}
h1{margin:0 0 1rem;font-size:1.4rem}p{margin:0 0 1rem}
.brand{margin:0 0 .25rem;letter-spacing:.02em;color:light-dark(#1f4e79,#9cc3e6);font-weight:600}
label{display:block;margin:0 0 .25rem;font-weight:600}
input{box-sizing:border-box;width:100%;margin:0 0 1rem;padding:.6rem;border:1px solid #6b7683;border-radius:.4rem;font:inherit;
background:light-dark(#fff,#14181d);color:inherit}
button{width:100%;margin:.25rem 0;padding:.7rem;border:0;border-radius:.4rem;background:#1f4e79;color:#fff;font:inherit;
font-weight:600;cursor:pointer}
.or{margin:1rem 0 .75rem;text-align:center;opacity:.75}
ul{list-style:none;margin:0 0 1rem;padding:0}li{padding:.75rem 0;border-block-end:1px solid #6b768355}li p{margin:0 0 .5rem;font-size:.9rem}
h2{margin:1.5rem 0 .5rem;font-size:1.1rem}a{color:light-dark(#1f4e79,#9cc3e6)}button:disabled{opacity:.6}
button.quiet{background:none;color:inherit;border:1px solid #6b7683}
:focus-visible{outline:3px solid #5b9bd5;outline-offset:2px}
.code{font:1.6rem/1.2 ui-monospace,monospace;letter-spacing:.1em;text-align:center}
[role=alert]{padding:.6rem .8rem;border-radius:.4rem;background:light-dark(#fdeaea,#4a1d1d);color:light-dark(#8a1212,#ffd4d4)}`;

const styleHash = createHash('sha256').update(style).digest('base64');

const scriptSources = {
  none: "script-src 'none'",
  passkey: `script-src '${PASSKEY_SCRIPT_HASH}'`,
  // 'report-sample' allows nothing, but lets a hash stand beside it, which 'none' would not.
  'by-hash': "script-src 'report-sample'",
};

/**
 * Nothing but our own style is loaded or run. `formTargets`: origins that a form may lead to, redirects included. `scripts`:
 * 'none', 'passkey' for the one that asks for a passkey, or 'by-hash' where oidc-provider adds the hash of a script of its own.
 */
export function contentSecurityPolicy(
  formTargets: readonly string[],
  scripts: 'none' | 'passkey' | 'by-hash' = 'none',
): string {
  const targets = ["'self'", ...formTargets].join(' ');
  return [
    "default-src 'none'",
    `style-src 'sha256-${styleHash}'`,
    scriptSources[scripts],
    `form-action ${targets}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join(';');
}

/** `form` is oidc-provider's own, with its token against forgery. */
export function signOutPage(form: string): string {
  return page(
    'Sign out?',
    `${form}
<button autofocus type="submit" form="op.logoutForm" value="yes" name="logout">Sign out</button>
<button class="quiet" type="submit" form="op.logoutForm">Stay signed in</button>`,
  );
}

export function signedOutPage(): string {
  return page('Signed out', '<p>You have signed out. You can close this page.</p>');
}

export function errorPage(what: string): string {
  return page('That did not work', `<p role="alert">${escapeHtml(what)}</p><p>Start again from where you came.</p>`);
}

/** @param title of our own words; `body` is HTML; `script` is one that the page's policy has the hash of */
export function page(title: string, body: string, script = ''): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title} · Amana</title><style>${style}</style></head>
<body><main><p class="brand">Amana <span lang="ar" dir="rtl">أمانة</span></p><h1>${title}</h1>
${body}
</main>${script === '' ? '' : `<script>${script}</script>`}</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}
