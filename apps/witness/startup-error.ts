export type StartupErrorCode =
  /** The configuration or the command is wrong. */
  | 'refused-configuration'
  /** What the witness remembers is damaged, gone, or another's. */
  | 'memory'
  /** Another process has the folder. */
  | 'in-use';

/** The witness does not start. The message says what to do. */
export class StartupError extends Error {
  override readonly name = 'StartupError';

  constructor(
    readonly code: StartupErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
