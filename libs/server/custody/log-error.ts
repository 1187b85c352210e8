/**
 * Why the log must not go on. None of these heals by itself: an operator has to look.
 * - `rolled-back`: the database is behind what was published: an older state was restored over it.
 * - `diverged`: what the database holds does not lead to the head that was published or committed.
 * - `entry-missing`: the entries of the log are not contiguous.
 * - `tile-conflict`: the store holds other bytes under the name of a tile or bundle.
 * - `checkpoint-invalid`: the last published checkpoint cannot be read under the log's own key.
 */
export type LogErrorCode = 'rolled-back' | 'diverged' | 'entry-missing' | 'tile-conflict' | 'checkpoint-invalid';

/** The log refuses to go on, because going on would sign what contradicts the record. */
export class LogError extends Error {
  override readonly name = 'LogError';

  constructor(
    readonly code: LogErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
