export type SealErrorCode =
  /** The source is not what it was: another size than announced, or other bytes than an earlier attempt sealed. */
  | 'source-changed'
  /** A draft's files are not those that were sealed. */
  | 'draft-corrupt'
  | 'engine-closed';

/** What the client refuses to seal or to send on. `subject` names the file at fault, where one is. */
export class SealError extends Error {
  override readonly name = 'SealError';
  readonly code: SealErrorCode;
  readonly subject: string | undefined;

  constructor(code: SealErrorCode, message: string, subject?: string) {
    super(message);
    this.code = code;
    this.subject = subject;
  }
}
