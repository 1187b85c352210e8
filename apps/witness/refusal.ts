/** Why a witness does not cosign, as C2SP tlog-witness v1.0.0 answers it. */
export const REFUSALS = {
  'malformed-request': 400,
  'old-size-too-large': 400,
  'bad-signature': 403,
  'unknown-log': 404,
  /** The caller believes that another size was cosigned last: the answer says which, for the next try. */
  'other-size-held': 409,
  /** A fork: the size that was cosigned, with another root. No size comes with it, for no other try can succeed. */
  'other-root': 409,
  'bad-proof': 422,
  /** Of ours: this machine's clock is behind what was signed before. */
  'clock-behind': 503,
} as const satisfies Record<string, number>;

export type RefusalCode = keyof typeof REFUSALS;

/** The witness does not cosign, and has not changed what it holds. The message repeats nothing of the request. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: RefusalCode,
    message: string,
    /** What is held, where that helps the caller. */
    readonly heldSize?: number,
  ) {
    super(message);
  }
}
