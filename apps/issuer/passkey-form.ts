import { escapeHtml } from './pages.js';

/** What to ask a browser, as `Passkeys` makes it. */
export interface PasskeyQuestion {
  readonly asked: object;
}

export interface PasskeyForm extends PasskeyQuestion {
  readonly action: string;
  readonly kind: 'use' | 'make';
  /** Of its button. */
  readonly label: string;
  /** Further fields, as HTML. */
  readonly fields?: string;
}

/** A form whose answer the browser gives, by the script of `passkey-script.ts`; that puts its words into the alert. */
export function passkeyForm({ action, kind, label, asked, fields = '' }: PasskeyForm): string {
  return `<form method="post" action="${escapeHtml(action)}" data-passkey="${kind}" data-asked="${escapeHtml(JSON.stringify(asked))}">
<input type="hidden" name="answer" value="">${fields}
<p role="alert" hidden data-none="This browser has no passkeys." data-known="This device has a passkey of yours already." data-failed="That did not work, or was stopped. Try again."></p>
<button type="submit" class="quiet">${escapeHtml(label)}</button>
<noscript><p>Passkeys need a script of this page, which your browser does not run.</p></noscript>
</form>`;
}
