import { Problem } from '#domain/contract';
import { PROOF_ALGORITHMS, type TokenError } from '#server/identity';

/** How a person must have signed in for what they ask. RFC 9470. */
export interface FreshSignIn {
  readonly maxAgeSeconds: number;
  /** One of these, in the issuer's words; empty when any will do. */
  readonly acrValues: readonly string[];
}

const SCHEME = `DPoP realm="amana"`;
const ALGORITHMS = `algs="${PROOF_ALGORITHMS.join(' ')}"`;

/** A 401 that says what is missing. RFC 9449 §7.1, RFC 9470 §3. */
export class Challenge extends Problem {
  private constructor(
    code: 'unauthenticated' | 'insufficient-user-authentication',
    detail: string | undefined,
    /** The field `WWW-Authenticate`. */
    readonly field: string,
    /** Whether the answer is to carry a nonce. */
    readonly wantsNonce: boolean,
  ) {
    super(code, detail);
  }

  /** Of a request that does not say who sends it. */
  static readonly plainField = `${SCHEME}, ${ALGORITHMS}`;

  static of({ fault, message }: TokenError): Challenge {
    const field = `${SCHEME}, error="${fault}", error_description="${message}", ${ALGORITHMS}`;
    return new Challenge('unauthenticated', message, field, fault === 'use_dpop_nonce');
  }

  static nonce(): Challenge {
    const detail = 'the proof needs a nonce';
    return new Challenge('unauthenticated', detail, `${SCHEME}, error="use_dpop_nonce", ${ALGORITHMS}`, true);
  }

  static signInAgain({ maxAgeSeconds, acrValues }: FreshSignIn): Challenge {
    const acr = acrValues.length > 0 ? `, acr_values="${acrValues.join(' ')}"` : '';
    const error = `error="insufficient_user_authentication", max_age="${maxAgeSeconds}"${acr}`;
    return new Challenge('insufficient-user-authentication', undefined, `${SCHEME}, ${error}, ${ALGORITHMS}`, false);
  }
}
