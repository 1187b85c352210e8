export type ProfileErrorCode =
  /** A key that was pinned is another now: the platform's, the log's or the own agency's. */
  | 'pinned-key-changed'
  /** The own agency has no keys, or the officer's are not certified by it. */
  | 'agency-without-keys'
  | 'not-certified'
  /** An agreement or a certificate does not hold. */
  | 'not-trusted'
  /** The agreement is not in force now. */
  | 'agreement-not-in-force'
  | 'not-a-party'
  /** Another exhibit than the one asked for. */
  | 'other-exhibit'
  /** Nobody known has the key something was signed with. */
  | 'unknown-signer';

/** What a client refuses to rely on. */
export class ProfileError extends Error {
  override readonly name = 'ProfileError';
  readonly code: ProfileErrorCode;

  constructor(code: ProfileErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
