import { emptyRoot, type Checkpoint, type SigningKey } from '#domain/merkle';
import type { HeadStore, KeptHead } from './head-store.js';
import { contradiction, LogError } from './log-error.js';
import { successorOf } from './log-folder.js';
import type { LogSession } from './log-session.js';
import { nodeSha256 } from './node-hashes.js';
import { openOwnHead } from './signed-head.js';

/** Where a log stands, by what was signed. */
export interface LastSigned {
  /** The last head that was signed; the empty tree before the first. */
  readonly signed: Checkpoint;
  /** Its note; null before the first. */
  readonly note: Uint8Array | null;
  /** As the head store holds it; null where it has none yet. */
  readonly kept: KeptHead | null;
  /** The last head in the database, which may be one behind after a crash. */
  readonly published: Checkpoint;
}

interface Parts {
  readonly session: Pick<LogSession, 'query'>;
  readonly key: SigningKey;
  readonly heads: HeadStore;
}

/**
 * Compares what the database says of itself with the head store. Reads alone.
 * @throws LogError 'rolled-back' | 'diverged' | 'head-store-empty' | 'retired' | 'checkpoint-invalid'
 */
export async function lastSigned({ session, key, heads }: Parts): Promise<LastSigned> {
  const origin = key.verifier.name;
  const successor = await successorOf(session, origin);
  if (successor !== null) throw new LogError('retired', `the log ${origin} was retired; ${successor} followed it`);
  const [state] = await session.query<{ size: string; root: Buffer; head_kept: boolean }>(
    'SELECT size, root, head_kept FROM amana.log_state',
  );
  if (!state) throw new Error('the log has no state: the database is not migrated');
  const committed = { by: 'the database', head: { size: Number(state.size), root: state.root } };
  const { note: publishedNote, ...published } = await lastPublished(session, key);
  if (published.size > committed.head.size)
    throw contradiction('rolled-back', committed, { by: 'its list of checkpoints', head: published });
  const kept = await heads.read(origin);
  if (kept === null) {
    if (state.head_kept)
      throw new LogError(
        'head-store-empty',
        `the head store (AMANA_HEAD_STORE) has nothing of ${origin}, and had: give the one that was in use. ` +
          'Where it is lost, end this log: `node dist/apps/worker/recover.js retire --new-origin ORIGIN --key-file FILE`',
      );
    return { signed: published, note: publishedNote, kept, published };
  }
  const { note, ...signed } = openOwnHead(kept.note, key.verifier, 'what the head store holds');
  const held = { by: 'the head store', head: signed };
  if (signed.size > committed.head.size) throw contradiction('rolled-back', committed, held);
  if (signed.size < published.size) {
    // Every head is kept before it is published: the head store itself is an older one, or another's.
    throw contradiction('rolled-back', held, { by: "the database's list of checkpoints", head: published });
  }
  if (signed.size === published.size && !Buffer.from(signed.root).equals(published.root))
    throw contradiction('diverged', { by: "the database's list of checkpoints", head: published }, held);
  return { signed, note, kept, published };
}

/** The last published checkpoint, verified under the log's own key; the empty tree before the first. */
async function lastPublished(
  session: Pick<LogSession, 'query'>,
  { verifier }: SigningKey,
): Promise<Checkpoint & { note: Uint8Array | null }> {
  const [row] = await session.query<{ size: string; note: string }>(
    'SELECT size, note FROM amana.log_checkpoint ORDER BY size DESC LIMIT 1',
  );
  if (!row) return { origin: verifier.name, size: 0, root: emptyRoot(nodeSha256), note: null };
  const of = `the checkpoint over ${row.size} entries`;
  const head = openOwnHead(Buffer.from(row.note, 'utf8'), verifier, of);
  if (head.size !== Number(row.size))
    throw new LogError('checkpoint-invalid', `${of} says it is of another log or size`);
  return head;
}
