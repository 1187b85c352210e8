/** What is told of it in `WWW-Authenticate`. RFC 6750 §3.1, RFC 9449 §12.2. */
export type TokenFault = 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce';

/** A token or proof that does not hold. Its message is for the answer: it tells what is wrong, never what would be right. */
export class TokenError extends Error {
  override readonly name = 'TokenError';

  constructor(
    readonly fault: TokenFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
