/** Something is not what it was said to be: evidence, record or log. The message names it. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
}
