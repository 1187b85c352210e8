/** What can be wrong with a tree, a tile, a note, a checkpoint, a proof or a policy. */
export type ProofErrorCode =
  /** A size that is no safe non-negative integer, or two sizes in the wrong order, or a start from the empty tree. */
  | 'bad-size'
  | 'bad-index'
  /** A hash that is not 32 bytes. */
  | 'bad-hash'
  | 'wrong-proof-length'
  | 'root-mismatch'
  | 'bad-tile'
  | 'bad-tile-path'
  | 'bad-entry-bundle'
  | 'malformed-key'
  | 'unsupported-key-type'
  /** Two known keys share a name and an id. */
  | 'ambiguous-key'
  | 'malformed-note'
  | 'note-too-large'
  /** A signature in the name of a known key does not verify: the whole note is refused. */
  | 'bad-signature'
  | 'no-known-signature'
  | 'malformed-checkpoint'
  | 'extension-lines'
  /** No log of the policy signed under the name that the checkpoint gives as its origin. */
  | 'log-not-signed'
  | 'quorum-not-met'
  | 'malformed-proof'
  | 'malformed-policy'
  | 'malformed-successor'
  | 'malformed-conflict'
  /** Two heads of a log that do not contradict each other. */
  | 'no-conflict';

/** The one error of this stage. The message says what is wrong and never carries a secret. */
export class ProofError extends Error {
  override readonly name = 'ProofError';
  readonly code: ProofErrorCode;

  constructor(code: ProofErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
