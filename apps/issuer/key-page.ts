import { passkeyForm } from './passkey-form.js';
import { PASSKEY_SCRIPT } from './passkey-script.js';
import type { Passkey } from './passkeys.js';
import { escapeHtml, page } from './pages.js';
import { passwordForm } from './sign-in-page.js';

interface Shown {
  /** Against forgery. */
  readonly token: string;
  readonly fault?: string | undefined;
  /** What to ask the browser. */
  readonly asked: object;
}

const action = '/passkeys';
const hidden = (fields: Readonly<Record<string, string>>) =>
  Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('');
const alertOf = (fault: string | undefined) =>
  fault === undefined ? '' : `<p role="alert" id="fault">${escapeHtml(fault)}</p>`;

/** Before the list: who asks for it proves anew who they are. */
export function keySignInPage({ token, fault, asked, email }: Shown & { readonly email: string }): string {
  const byPasskey = passkeyForm({
    ...{ action, kind: 'use', asked, label: 'Sign in with a passkey' },
    fields: hidden({ token, act: 'passkey' }),
  });
  return page(
    'Your passkeys',
    `${alertOf(fault)}<p>Sign in once more. With a password you can register the first passkey; to change them you need one of them.</p>
${passwordForm({ action, email, fault }, hidden({ token, act: 'password' }))}
<p class="or">or</p>
${byPasskey}`,
    PASSKEY_SCRIPT,
  );
}

/** What somebody has, to add to it or take from it. */
export function keyListPage({
  token,
  fault,
  asked,
  name,
  keys,
}: Shown & { readonly name: string; readonly keys: readonly Passkey[] }): string {
  const items = keys.map((key) => keyItem(key, token)).join('\n');
  const add = passkeyForm({
    ...{ action, kind: 'make', asked, label: 'Register a passkey' },
    fields: `${hidden({ token, act: 'add' })}
<label for="label">Name of the new passkey</label>
<input id="label" name="label" type="text" dir="auto" required maxlength="60" autocomplete="off">`,
  });
  return page(
    'Your passkeys',
    `${alertOf(fault)}<p>Signed in as <bdi>${escapeHtml(name)}</bdi>, for five minutes.</p>
${keys.length === 0 ? '<p>You have none yet.</p>' : `<ul>\n${items}\n</ul>`}
<h2>One more</h2>
${add}
<form method="post" action="${action}">${hidden({ token, act: 'leave' })}<button type="submit" class="quiet">Done</button></form>`,
    PASSKEY_SCRIPT,
  );
}

function keyItem({ id, label, addedAt, usedAt, isSynced, clonedAt }: Passkey, token: string): string {
  const day = (at: string) => `<time datetime="${at}">${at.slice(0, 10)}</time>`;
  const facts = [
    `registered ${day(addedAt)}`,
    usedAt === null ? 'never used' : `last used ${day(usedAt)}`,
    isSynced ? 'may be on several devices' : 'on one device',
    ...(clonedAt === null ? [] : [`<strong>void since ${day(clonedAt)}: used as a copy would be</strong>`]),
  ];
  return `<li><strong><bdi>${escapeHtml(label)}</bdi></strong><p>${facts.join(' · ')}</p>
<form method="post" action="${action}">${hidden({ token, act: 'remove', id })}<button type="submit" class="quiet">Remove <bdi>${escapeHtml(label)}</bdi></button></form></li>`;
}
