export type FetchErrorCode =
  /** The leaf hashes do not lead to the root that the manifest signs. */
  | 'chunk-tree-mismatch'
  /** A chunk that arrived is not the one that was sealed. */
  | 'chunk-mismatch'
  /** The header does not open, or the payload does not authenticate, with the agency's keys. */
  | 'cannot-open'
  /** What was decrypted is not what the manifest says the file is. */
  | 'digest-mismatch'
  /** The retrieval is not of what the manifest names. */
  | 'manifest-mismatch'
  /** The output folder has something else in it. */
  | 'output-taken';

/** What a fetch refuses. `subject` names the file at fault, where one is. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly code: FetchErrorCode;
  readonly subject: string | undefined;

  constructor(code: FetchErrorCode, message: string, subject?: string) {
    super(message);
    this.code = code;
    this.subject = subject;
  }
}
