import * as oidc from 'openid-client';
import type { ProofKey } from './proof-key.js';
import { SignInError } from './sign-in-error.js';

/** Who signs in where, and for what. */
export interface SignInClient {
  readonly issuer: string;
  readonly clientId: string;
  /** The audience of the access token: the platform's address. RFC 8707. */
  readonly resource: string;
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

export const SCOPE = 'openid email profile amana';

/** What the issuer says of itself. @throws SignInError */
export async function discover({ issuer, clientId }: SignInClient): Promise<oidc.Configuration> {
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

/** @throws SignInError 'refused' for tokens that are not bound, or say nobody */
export function tokensOf(answer: Answer, key: ProofKey): Tokens {
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
/** @throws SignInError, whatever went wrong */
export async function asked<T>(question: () => Promise<T>): Promise<T> {
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
