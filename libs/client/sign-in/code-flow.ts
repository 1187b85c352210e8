import * as oidc from 'openid-client';
import { SCOPE, type SignInClient, type Tokens, asked, discover, tokensOf } from './issuer.js';
import type { ProofKey } from './proof-key.js';

/** What to keep between leaving for the issuer and coming back; plain JSON. */
export interface PendingSignIn extends SignInClient {
  readonly redirectUri: string;
  /** Where to send the browser. */
  readonly authorizationUrl: string;
  readonly codeVerifier: string;
  readonly state: string;
  readonly nonce: string;
}

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
    scope: SCOPE,
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
