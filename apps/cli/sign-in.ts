import type { StepUp } from '#client/api';
import {
  ProofKey,
  type SignInClient,
  type Tokens,
  finishSignIn,
  signInOnDevice,
  signInWithPassword,
  startSignIn,
} from '#client/sign-in';
import { openBrowser } from './node/browser.js';
import { listenForCallback } from './node/loopback.js';
import { type SecretSources, readSecret } from './node/secret-input.js';
import type { SignInAgain } from './node/token-file.js';
import type { Output } from './output.js';
import { UsageError } from './usage-error.js';

/** One of those that the platform's client has registered; nothing listens there when a password is used. */
const NOBODY_LISTENS = 'http://127.0.0.1/callback';

/** Signs in on the issuer's own pages. @param needed of a sign-in that has to be fresh */
export async function signInInBrowser(output: Output, client: SignInClient, needed?: StepUp): Promise<Tokens> {
  const loopback = await listenForCallback();
  try {
    const key = await ProofKey.create();
    const pending = await startSignIn({ ...client, redirectUri: loopback.redirectUri }, key, askedOf(needed));
    output.note(`Sign in at\n  ${pending.authorizationUrl}`);
    openBrowser(pending.authorizationUrl);
    return await finishSignIn(pending, await loopback.callback, key);
  } finally {
    loopback.close();
  }
}

/** Signs in from a browser on any machine, where this one has none. @param needed of a sign-in that has to be fresh */
export async function signInElsewhere(output: Output, client: SignInClient, needed?: StepUp): Promise<Tokens> {
  const key = await ProofKey.create();
  return signInOnDevice(client, key, askedOf(needed), ({ address, code }) => {
    output.note(
      `In a browser, on any machine, open\n  ${output.shown(address)}\nand type the code\n  ${output.shown(code)}`,
    );
  });
}

function askedOf(needed: StepUp | undefined) {
  return needed && { maxAgeSeconds: 0, ...(needed.acrValues !== null && { acrValues: needed.acrValues }) };
}

/** Signs in with a password, on the platform's own issuer. @throws UsageError when there is none to be had */
export async function signInByPassword(
  client: SignInClient,
  email: string,
  password: Pick<SecretSources, 'value' | 'file'>,
): Promise<Tokens> {
  const secret = await readSecret({
    ...password,
    prompt: 'Password',
    hint: 'set AMANA_PASSWORD or give --password-file FILE',
  });
  return signInWithPassword({ ...client, redirectUri: NOBODY_LISTENS, email, password: secret });
}

/** For what asks for a fresh sign-in: in the way that the officer signed in, where somebody is there to be asked. */
export function signInAgain(output: Output, client: SignInClient, email: string, password?: string): SignInAgain {
  return async (way, needed) => {
    if (way !== 'password') {
      if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
      output.note('This needs a fresh sign-in.');
      return way === 'device' ? signInElsewhere(output, client, needed) : signInInBrowser(output, client, needed);
    }
    try {
      output.note(`This needs a fresh sign-in of ${email}.`);
      return await signInByPassword(client, email, { value: password, file: undefined });
    } catch (error) {
      if (error instanceof UsageError) return null;
      throw error;
    }
  };
}
