import * as oidc from 'openid-client';
import { ProofKey } from './proof-key.js';
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
  /** What they are bound to; without it they are of no use. */
  readonly key: ProofKey;
  /** Each one works once: keep the latest. */
  readonly refreshToken: string | null;
  readonly expiresAt: Date;
  /** Says at the issuer which sign-in is to end. */
  readonly idToken: string | null;
  readonly person: { readonly subject: string; readonly email: string | null; readonly name: string | null };
}

const scope = 'openid email profile amana';

/**
 * Begins a sign-in by authorization code with PKCE (RFC 6749 §4.1, RFC 7636). The code is bound to the key too (RFC 9449 §10).
 * @param maxAgeSeconds how long ago the person may have proved who they are, at most; 0 asks them now
 * @throws SignInError
 */
export async function startSignIn(
  client: SignInClient & { readonly redirectUri: string },
  key: ProofKey,
  asked: { readonly maxAgeSeconds?: number; readonly acrValues?: string } = {},
): Promise<PendingSignIn> {
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
    dpop_jkt: key.thumbprint,
    state,
    nonce,
    ...(asked.maxAgeSeconds !== undefined && { max_age: String(asked.maxAgeSeconds) }),
    ...(asked.acrValues !== undefined && { acr_values: asked.acrValues }),
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
 * @param key the one it was begun with
 * @throws SignInError 'refused' when the issuer said no, or the answer belongs to another sign-in
 */
export async function finishSignIn(pending: PendingSignIn, callbackUrl: string, key: ProofKey): Promise<Tokens> {
  const configuration = await discover(pending);
  const checks = {
    pkceCodeVerifier: pending.codeVerifier,
    expectedState: pending.state,
    expectedNonce: pending.nonce,
    idTokenExpected: true,
  };
  return asked(async () => {
    const bound = { DPoP: oidc.getDPoPHandle(configuration, key.pair) };
    return tokensOf(
      await oidc.authorizationCodeGrant(configuration, new URL(callbackUrl), checks, undefined, bound),
      key,
    );
  });
}

/**
 * New tokens for a refresh token, which is used up by it, under the key that it is bound to.
 * @throws SignInError 'refused' when the sign-in has ended
 */
export async function refresh(client: SignInClient, refreshToken: string, key: ProofKey): Promise<Tokens> {
  const configuration = await discover(client);
  return asked(async () => {
    const bound = { DPoP: oidc.getDPoPHandle(configuration, key.pair) };
    return tokensOf(
      await oidc.refreshTokenGrant(configuration, refreshToken, { resource: client.resource }, bound),
      key,
    );
  });
}

/**
 * Ends a sign-in at the issuer: no token comes of it any more (RFC 7009).
 * @returns where a browser that was used to sign in ends its part (OpenID Connect RP-Initiated Logout); null where there is nothing
 * @throws SignInError
 */
export async function signOut(
  client: SignInClient,
  { refreshToken, idToken }: { readonly refreshToken: string | null; readonly idToken: string | null },
): Promise<string | null> {
  const configuration = await discover(client);
  const { revocation_endpoint: revocation, end_session_endpoint: endSession } = configuration.serverMetadata();
  return asked(async () => {
    if (revocation !== undefined && refreshToken !== null)
      await oidc.tokenRevocation(configuration, refreshToken, { token_type_hint: 'refresh_token' });
    if (endSession === undefined || idToken === null) return null;
    return oidc.buildEndSessionUrl(configuration, { id_token_hint: idToken }).href;
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
  'access_token' | 'refresh_token' | 'id_token' | 'token_type' | 'expires_in' | 'claims'
>;

function tokensOf(answer: Answer, key: ProofKey): Tokens {
  // One that is not bound would work for whoever finds it, and the platform takes none.
  if (answer.token_type.toLowerCase() !== 'dpop')
    throw new SignInError('refused', 'the issuer does not bind tokens to a key (DPoP)');
  const claims = answer.claims();
  if (!claims || answer.expires_in === undefined)
    throw new SignInError('refused', 'the issuer answered without identity or expiry');
  const text = (claim: unknown): string | null => (typeof claim === 'string' ? claim : null);
  return {
    accessToken: answer.access_token,
    key,
    refreshToken: answer.refresh_token ?? null,
    idToken: answer.id_token ?? null,
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
