/** Why a service that we start ourselves is not there. The message carries the end of its log. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';

  constructor(
    readonly code: 'not-installed' | 'exited' | 'not-ready' | 'port-taken' | 'in-use',
    message: string,
  ) {
    super(message);
  }
}
