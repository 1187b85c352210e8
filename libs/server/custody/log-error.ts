import type { TreeHead } from '#domain/merkle';

/**
 * Why the log must not go on. None of these heals by itself: an operator has to look.
 * - `rolled-back`: the database is behind what was signed: an older state was restored over it.
 * - `diverged`: what the database holds does not lead to a head that was signed or committed.
 * - `head-store-empty`: a head store was in use and holds nothing now.
 * - `retired`: the log was retired; its successor goes on under another name and key.
 * - `entry-missing`: the entries of the log are not contiguous.
 * - `tile-conflict`: the store holds other bytes under the name of a tile or bundle.
 * - `checkpoint-invalid`: a signed head of ours cannot be read under the log's own key.
 */
export type LogErrorCode =
  | 'rolled-back'
  | 'diverged'
  | 'head-store-empty'
  | 'retired'
  | 'entry-missing'
  | 'tile-conflict'
  | 'checkpoint-invalid';

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

/** Two heads of one log that cannot both be true, who holds each, and what an operator can do. */
export function contradiction(
  code: 'rolled-back' | 'diverged',
  ours: { readonly by: string; readonly head: TreeHead },
  signed: { readonly by: string; readonly head: TreeHead },
): LogError {
  return new LogError(
    code,
    `${ours.by} has ${describe(ours.head)}, but ${signed.by} holds a signed head over ${describe(signed.head)}. ${WAYS_OUT}`,
  );
}

const WAYS_OUT =
  'Nothing was signed. Either bring the entries back that the store still has: `node dist/apps/worker/recover.js replay`; ' +
  'or end this log and begin its successor: `node dist/apps/worker/recover.js retire --new-origin ORIGIN --key-file FILE`';

const describe = ({ size, root }: TreeHead) => `${size} entries, root ${Buffer.from(root).toString('hex')}`;
