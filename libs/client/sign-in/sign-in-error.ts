export type SignInErrorCode = 'unreachable' | 'refused' | 'wrong-password' | 'too-many-attempts' | 'unexpected';

/**
 * A sign-in that did not come about. `unreachable`: the issuer could not be asked; `refused`: it said no, or its answer does not
 * hold; `unexpected`: what it showed is not the page that we know.
 */
export class SignInError extends Error {
  override readonly name = 'SignInError';

  readonly code: SignInErrorCode;

  constructor(code: SignInErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
