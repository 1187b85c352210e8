/** Something was asked that cannot be done as asked; the message is one line for who asked. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
