/** The platform read back what it stored of an exhibit and found it is not what was signed. */
export class QuarantinedError extends Error {
  override readonly name = 'QuarantinedError';

  constructor(number: string) {
    super(`exhibit ${number} failed a check of the platform and is quarantined; seal it again from its source`);
  }
}
