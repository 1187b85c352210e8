/** Whether something thrown is an error of the operating system with one of these codes. */
export function isSystemError(cause: unknown, ...codes: readonly string[]): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && codes.some((code) => cause.code === code);
}
