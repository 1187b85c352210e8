import * as oidc from 'openid-client';
import { SignInError } from './sign-in-error.js';

/** Who signs in where, and for what. */
export interface SignInClient {
  readonly issuer: string;
  readonly clientId: string;
  /** The audience of the access token: the platform's address. RFC 8707. */
  readonly resource: string;
}

/** What to keep between leaving for the issuer and coming back; plain JSON. */
export interface PendingSignIn extends SignInClient {
  readonly redirectUri: string;
  /** Where to send the browser. */
  readonly authorizationUrl: string;
  readonly codeVerifier: string;
  readonly state: string;
  readonly nonce: string;
}

export interface Tokens {
  readonly accessToken: string;
  /** Each one works once: keep the latest. */
  readonly refreshToken: string | null;
  readonly expiresAt: Date;
  readonly person: { readonly subject: string; readonly email: string | null; readonly name: string | null };
}

const scope = 'openid email profile amana';

/** Begins a sign-in by authorization code with PKCE (RFC 6749 §4.1, RFC 7636). @throws SignInError */
export async function startSignIn(client: SignInClient & { readonly redirectUri: string }): Promise<PendingSignIn> {
  const configuration = await discover(client);
  const codeVerifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const authorizationUrl = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: client.redirectUri,
    scope,
    resource: client.resource,
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const { issuer, clientId, resource, redirectUri } = client;
  return {
    issuer,
    clientId,
    resource,
    redirectUri,
    authorizationUrl: authorizationUrl.href,
    codeVerifier,
    state,
    nonce,
  };
}

/**
 * Ends a sign-in with the address that the issuer sent the browser back to.
 * @throws SignInError 'refused' when the issuer said no, or the answer belongs to another sign-in
 */
export async function finishSignIn(pending: PendingSignIn, callbackUrl: string): Promise<Tokens> {
  const configuration = await discover(pending);
  return asked(async () => {
    const answer = await oidc.authorizationCodeGrant(configuration, new URL(callbackUrl), {
      pkceCodeVerifier: pending.codeVerifier,
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      idTokenExpected: true,
    });
    return tokensOf(answer);
  });
}

/** New tokens for a refresh token, which is used up by it. @throws SignInError 'refused' when the sign-in has ended */
export async function refresh(client: SignInClient, refreshToken: string): Promise<Tokens> {
  const configuration = await discover(client);
  return asked(async () => {
    const answer = await oidc.refreshTokenGrant(configuration, refreshToken, { resource: client.resource });
    return tokensOf(answer);
  });
}

async function discover({ issuer, clientId }: SignInClient): Promise<oidc.Configuration> {
  const address = new URL(issuer);
  // Plain HTTP only to this very machine, where nobody is in between.
  const local = ['127.0.0.1', '[::1]', 'localhost'].includes(address.hostname);
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out; it has no successor
  const execute = local ? [oidc.allowInsecureRequests] : [];
  return asked(() => oidc.discovery(address, clientId, undefined, oidc.None(), { execute, [oidc.customFetch]: ask }));
}

async function ask(url: string, options: oidc.CustomFetchOptions): Promise<Response> {
  const { origin } = new URL(url);
  let response: Response;
  try {
    response = await fetch(url, options as RequestInit);
  } catch (cause) {
    throw new SignInError('unreachable', `sign-in: ${origin} does not answer`, { cause });
  }
  if (response.status >= 500) throw new SignInError('unreachable', `sign-in: ${origin} answered ${response.status}`);
  return response;
}

type Answer = Pick<
  oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
  'access_token' | 'refresh_token' | 'expires_in' | 'claims'
>;

function tokensOf(answer: Answer): Tokens {
  const claims = answer.claims();
  if (!claims || answer.expires_in === undefined)
    throw new SignInError('refused', 'the issuer answered without identity or expiry');
  const text = (claim: unknown): string | null => (typeof claim === 'string' ? claim : null);
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? null,
    expiresAt: new Date(Date.now() + answer.expires_in * 1000),
    person: { subject: claims.sub, email: text(claims.email), name: text(claims.name) },
  };
}

// The library wraps what its fetch threw; everything else that it throws is about an answer, or the lack of a member in it.
async function asked<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (error instanceof SignInError) throw error;
    if (!(error instanceof Error)) throw error;
    if (error.cause instanceof SignInError) throw error.cause;
    const detail = error instanceof oidc.ResponseBodyError ? (error.error_description ?? error.error) : error.message;
    throw new SignInError('refused', `sign-in: ${detail}`, { cause: error });
  }
}
