export type SealingErrorCode =
  /** Not an age v1 header, or a stanza of a type we know is not as its type demands. */
  | 'bad-header'
  /** The bytes end before the header does; more of them may complete it. */
  | 'header-truncated'
  /** Bytes follow where a header alone is allowed. */
  | 'trailing-bytes'
  | 'bad-recipient'
  | 'bad-identity'
  /** No stanza is for any of the identities. */
  | 'no-match'
  /** A file key was unwrapped, but the header is not the one made with it. */
  | 'bad-header-mac'
  | 'bad-file-key'
  | 'bad-nonce'
  /** No sealed payload, or no range of one, has this size. */
  | 'bad-size'
  /** The payload ends before its final chunk does. */
  | 'truncated-payload'
  /** A payload chunk does not authenticate: altered, moved, cut, extended, or another key. */
  | 'bad-payload'
  | 'empty-final-chunk'
  /** Used after `finish()`, or after it failed. */
  | 'finished'
  | 'bad-leaves'
  /** A chunk's bytes are not those its leaf hash was made of. */
  | 'chunk-mismatch';

/** What sealing or opening refuses. `chunk` is the index, from 0, of the chunk at fault, where one is. */
export class SealingError extends Error {
  override readonly name = 'SealingError';
  readonly code: SealingErrorCode;
  readonly chunk: number | undefined;

  constructor(code: SealingErrorCode, message: string, chunk?: number) {
    super(message);
    this.code = code;
    this.chunk = chunk;
  }
}
