import { escapeHtml, page } from './pages.js';

export interface CodeForm {
  readonly action: string;
  /** Against forgery; oidc-provider's own. */
  readonly secret: string;
  readonly fault?: string | undefined;
}

/** Asks for the code that a terminal shows. */
export function codePage({ action, secret, fault }: CodeForm): string {
  const alert = fault === undefined ? '' : `<p role="alert" id="fault">${escapeHtml(fault)}</p>`;
  const described = fault === undefined ? '' : ' aria-describedby="fault"';
  return page(
    'Sign in a terminal',
    `${alert}<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="xsrf" value="${escapeHtml(secret)}">
<label for="code">Code that the terminal shows</label>
<input id="code" name="user_code" type="text" dir="ltr" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="16"${described} autofocus>
<button type="submit">Go on</button>
</form>`,
  );
}

export interface CodeConfirmation {
  /** Oidc-provider's own form, with its token against forgery. */
  readonly form: string;
  readonly program: string;
  readonly userCode: string;
}

/** Before anybody signs in: whose sign-in it is. Who was sent here by somebody else is to stop. RFC 8628 §5.4. */
export function codeConfirmPage({ form, program, userCode }: CodeConfirmation): string {
  return page(
    'Is this your terminal?',
    `${form}
<p><bdi>${escapeHtml(program)}</bdi> asks to be signed in as you. Your terminal has to show this very code:</p>
<p class="code" dir="ltr">${escapeHtml(userCode)}</p>
<p>If you did not begin this yourself just now, or somebody else gave you the code, stop: they would act in your name.</p>
<button type="submit" form="op.deviceConfirmForm">It is mine, go on</button>
<button class="quiet" type="submit" form="op.deviceConfirmForm" value="yes" name="abort">Stop</button>`,
  );
}

export function signedInElsewherePage(): string {
  return page('Signed in', '<p>The terminal is signed in. You can close this page.</p>');
}
