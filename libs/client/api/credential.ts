import type { HttpResponse } from './http.js';

/** An access token and the key that it is bound to. */
export interface Credential {
  readonly accessToken: string;
  /** A proof for one request, to be sent beside the token. RFC 9449. */
  prove(request: {
    readonly method: string;
    readonly url: string;
    readonly nonce?: string | undefined;
  }): Promise<string>;
}

/** How a person must have signed in for what they ask. RFC 9470. */
export interface StepUp {
  /** So long ago at most; null when it does not matter. */
  readonly maxAgeSeconds: number | null;
  /** One of these classes, separated by spaces; null when it does not matter. */
  readonly acrValues: string | null;
}

/** Where credentials come from. */
export interface TokenSource {
  /** One thought to be good; null when nobody is signed in. */
  current(): Promise<Credential | null>;
  /** Another, after the server refused this one; null when there is none to be had. */
  renew(refused: Credential): Promise<Credential | null>;
  /** One of a sign-in as the server asks for it; null when the person cannot be asked. */
  stepUp?(refused: Credential, needed: StepUp): Promise<Credential | null>;
}

export type Challenge = { readonly kind: 'nonce' | 'renew' } | ({ readonly kind: 'step-up' } & StepUp);

/** What a 401 asks for, as its WWW-Authenticate says: a nonce in the proof, a fresher sign-in, or, unless it says so, another token. */
export function challengeOf(response: Pick<HttpResponse, 'header'>): Challenge {
  const field = response.header('www-authenticate') ?? '';
  const parameter = (name: string): string | null =>
    new RegExp(`(?:^|[\\s,])${name}="([^"]{1,500})"`).exec(field)?.[1] ?? null;
  switch (parameter('error')) {
    case 'use_dpop_nonce':
      return { kind: 'nonce' };
    case 'insufficient_user_authentication': {
      const age = parameter('max_age');
      const maxAgeSeconds = age !== null && /^\d{1,9}$/.test(age) ? Number(age) : null;
      return { kind: 'step-up', maxAgeSeconds, acrValues: parameter('acr_values') };
    }
    default:
      return { kind: 'renew' };
  }
}
