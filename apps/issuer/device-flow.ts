import type { Configuration } from 'oidc-provider';
import { codeConfirmPage, codePage, signedInElsewherePage } from './device-pages.js';
import { errorPage } from './pages.js';

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

/** A fault of who typed the code, as oidc-provider throws them. */
const WORDS: Readonly<Record<string, string>> = {
  NotFoundError: 'No sign-in waits for this code.',
  ExpiredError: 'This code has expired. Begin again where you got it.',
  AlreadyUsedError: 'This code was used before. Begin again where you got it.',
  NoCodeError: 'Type the code that the terminal shows.',
  AbortedError: 'The sign-in was stopped. You can close this page.',
};

/**
 * Signing in a terminal from a browser elsewhere, by a code of eight letters (34 bits) that is good for ten minutes. The password is asked
 * each time, as for every sign-in on the command line. RFC 8628.
 */
export const deviceFlow: DeviceFlow = {
  enabled: true,
  charset: 'base-20',
  mask: '****-****',
  userCodeInputSource: (ctx, _form, _out, error) => {
    const secret = ctx.oidc.session?.state?.secret;
    ctx.body =
      typeof secret === 'string'
        ? codePage({ action: ctx.oidc.urlFor('code_verification'), secret, fault: error && faultOf(error) })
        : errorPage('This page has expired.');
  },
  userCodeConfirmSource: (ctx, form, client, _deviceInfo, userCode) => {
    ctx.body = codeConfirmPage({ form, program: client.clientName ?? client.clientId, userCode });
  },
  successSource: (ctx) => {
    ctx.body = signedInElsewherePage();
  },
};

function faultOf({ name }: Error): string {
  return WORDS[name] ?? 'That did not work. Type the code again.';
}
