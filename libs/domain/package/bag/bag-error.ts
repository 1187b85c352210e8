export type BagErrorCode =
  | 'not-utf8'
  | 'too-large'
  | 'bad-declaration'
  | 'bad-info'
  /** A line of a checksum list that is not as we write them. */
  | 'bad-line'
  | 'bad-path'
  | 'duplicate-path'
  /** Something that is no plain file: a symbolic link, a device. */
  | 'not-a-file'
  | 'missing-file'
  | 'extra-file'
  | 'too-many-files'
  | 'digest-mismatch'
  /** The files do not add up to what Payload-Oxum says. */
  | 'wrong-oxum';

/** What is wrong with a bag as a bag. The message names the file. */
export class BagError extends Error {
  override readonly name = 'BagError';
  readonly code: BagErrorCode;

  constructor(code: BagErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
