import type { ProblemBody } from '#domain/contract';

export type ApiFailure =
  /** The server answered with a problem (RFC 9457). */
  | { readonly kind: 'problem'; readonly problem: ApiProblemBody }
  /** No answer within the caller's patience; whether the server acted is unknown. */
  | { readonly kind: 'unreachable' }
  /** An answer that the contract does not know: not Amana, or a newer one. */
  | { readonly kind: 'bad-answer' };

/** A problem as received: its code may be one that this version does not know. */
export type ApiProblemBody = Omit<ProblemBody, 'code' | 'type'> & { readonly code: string };

/** A call that did not do what was asked. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }

  /** The problem's code; null when there was no problem answered. */
  get code(): string | null {
    return this.failure.kind === 'problem' ? this.failure.problem.code : null;
  }
}

/** Whether `error` is a problem with this code. */
export function isProblem(error: unknown, code: string): boolean {
  return error instanceof ApiError && error.code === code;
}
