export type KeystoreErrorCode =
  /** Not a keystore, or one whose bytes were altered after it was written. */
  | 'corrupt'
  /** The passphrase does not open it; damage to the few bytes that hold the wrapped key looks the same. */
  | 'wrong-passphrase'
  | 'weak-passphrase'
  /** Unlocking asks for more work than an honest keystore does. */
  | 'work-factor'
  /** The agency's keys are not encrypted to this identity. */
  | 'not-entitled'
  | 'bad-recipient';

/** What making or opening a keystore or an agency's keys refuses. */
export class KeystoreError extends Error {
  override readonly name = 'KeystoreError';
  readonly code: KeystoreErrorCode;

  constructor(code: KeystoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
