export type UploadErrorCode =
  /** The journal of an interrupted upload is damaged, or knows less than the server: it cannot be gone on with. */
  | 'journal-corrupt'
  /** The server has something else under this file than what is being sent. */
  | 'server-differs'
  /** What the platform gave as proof that it sealed the exhibit proves nothing. */
  | 'receipt-invalid';

/** What keeps an upload from being made or gone on with. */
export class UploadError extends Error {
  override readonly name = 'UploadError';
  readonly code: UploadErrorCode;

  constructor(code: UploadErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
