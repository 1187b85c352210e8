/**
 * What a store can answer instead of doing what was asked.
 * - `unreachable`: no answer, or one that says to come back later. Nothing is known of the outcome; repeat.
 * - `not-found`: no such object, version or upload.
 * - `denied`: the store does not let these credentials do it.
 * - `full`: no room left for it.
 * - `source-failed`: the body given to us broke before its end.
 * - `short-body`, `long-body`: the body was smaller or larger than said.
 * - `digest-mismatch`: the body was not what its digest says.
 * - `superseded`: a later attempt at the same part, or the end of its upload, overtook this one.
 * - `invalid-part`: the store does not hold that part, or holds another one.
 * - `size-mismatch`: the object is not as large as the upload said it would be.
 * - `exists-with-other-bytes`: written once already, with other content.
 * - `locked`: retention forbids it.
 * - `not-worm`: the store does not keep what it promised to keep.
 * - `bad-range`: no such bytes in that object.
 * - `bad-argument`: a key, number or size that no store takes. A fault of the caller.
 * - `bad-address`: not the address of a store.
 * - `unexpected-answer`: the store said something that S3 does not say, or the file system failed.
 */
export type StoreErrorCode =
  | 'unreachable'
  | 'not-found'
  | 'denied'
  | 'full'
  | 'source-failed'
  | 'short-body'
  | 'long-body'
  | 'digest-mismatch'
  | 'superseded'
  | 'invalid-part'
  | 'size-mismatch'
  | 'exists-with-other-bytes'
  | 'locked'
  | 'not-worm'
  | 'bad-range'
  | 'bad-argument'
  | 'bad-address'
  | 'unexpected-answer';

/** The one error of this stage. Its message carries keys (which are ids), never credentials or content. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
