import type { TimestampErrorCode } from '#domain/time';

/** Why there is no timestamp: the authority is away, or what it sent must not be kept. */
export type TsaErrorCode =
  /** No answer, in no attempt. */
  | 'unreachable'
  /** It answered with something that is not RFC 3161 over HTTP. */
  | 'bad-answer'
  /** The time it states is not ours, by more than a minute. */
  | 'clock-skew'
  | TimestampErrorCode;

/** Nothing is kept then. `alarm`: not a matter of trying again; somebody must look. */
export class TsaError extends Error {
  override readonly name = 'TsaError';
  readonly alarm: boolean;

  constructor(
    readonly code: TsaErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.alarm = code !== 'unreachable' && code !== 'bad-answer' && code !== 'not-granted';
  }
}
