export type PackageErrorCode =
  /** The medium does not give the bytes: nothing can be said of them. */
  | 'unreadable'
  | 'unwritable'
  | 'exists'
  /** The policy that the reader pins is none: a fault of theirs, not of the package. */
  | 'bad-policy'
  /** What a package is to be built of does not belong together. */
  | 'bad-input';

/** What keeps a package from being written or read. What is wrong *with* a package is no error but its verdict. */
export class PackageError extends Error {
  override readonly name = 'PackageError';
  readonly code: PackageErrorCode;

  constructor(code: PackageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
