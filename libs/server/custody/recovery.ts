import { type SigningKey, checkLog, type TreeHead } from '#domain/merkle';
import type { Database } from '#server/database';
import type { EvidenceStore } from '#server/storage';
import type { HeadStore, KeptHead } from './head-store.js';
import { earlierRoot } from './earlier-root.js';
import { contradiction, LogError } from './log-error.js';
import { logFolder, successorOf } from './log-folder.js';
import { OFFICE } from './log-office.js';
import type { LogSession } from './log-session.js';
import { LogStore } from './log-store.js';
import { nodeSha256 } from './node-hashes.js';
import type { HeadWitnesses } from './publisher.js';
import { openOwnHead, type SignedHead } from './signed-head.js';

export interface RecoveryParts {
  /** A session of the owner of the schema, which takes the office and keeps it. */
  readonly session: LogSession;
  /** The same owner's, for what is one transaction. */
  readonly database: Database;
  readonly store: Pick<EvidenceStore, 'putObject' | 'getObject' | 'latest' | 'remove'>;
  readonly key: SigningKey;
  readonly heads: HeadStore;
  readonly witnesses: Pick<HeadWitnesses, 'heldHeads'>;
}

/** A log that is to be recovered, with its office taken. */
export interface LogInHand {
  readonly epoch: number;
  readonly store: LogStore;
  /** The largest head that was ever signed, of those that can still be found; null where there is none. */
  readonly last: SignedHead | null;
  readonly kept: KeptHead | null;
  /** Entries under the last head in the database. */
  readonly publishedSize: number;
}

/**
 * Takes the office, so that no worker writes meanwhile, and finds the last signed head: in the head store, in the database, with witnesses.
 * @throws LogError 'retired' | 'checkpoint-invalid'; Error when a worker holds the office
 */
export async function takeInHand(parts: RecoveryParts): Promise<LogInHand> {
  const { session, key, heads, witnesses } = parts;
  const [office] = await session.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${OFFICE}) AS taken`);
  if (!office?.taken) throw new Error('a worker holds the office of the log: stop every worker first');
  const successor = await successorOf(session, key.verifier.name);
  if (successor !== null) throw new LogError('retired', `this log was retired already; ${successor} followed it`);
  const [taken] = await session.query<{ epoch: string }>('SELECT amana.log_take_office() AS epoch');
  const kept = await heads.read(key.verifier.name);
  const [row] = await session.query<{ note: string }>(
    'SELECT note FROM amana.log_checkpoint ORDER BY size DESC LIMIT 1',
  );
  const published = row ? openOwnHead(Buffer.from(row.note, 'utf8'), key.verifier, 'the published checkpoint') : null;
  const found = [
    ...(kept ? [openOwnHead(kept.note, key.verifier, 'what the head store holds')] : []),
    ...(published ? [published] : []),
    ...(await witnesses.heldHeads(session)).map(({ head }) => head),
  ];
  const last = found.reduce<SignedHead | null>((most, head) => (head.size > (most?.size ?? -1) ? head : most), null);
  const store = new LogStore(parts.store, await logFolder(session));
  return { epoch: Number(taken?.epoch), store, last, kept, publishedSize: published?.size ?? 0 };
}

/**
 * What the store holds must lead to the head, and the database's own entries to the same.
 * @throws LogError 'tile-conflict' | 'diverged': then only a successor is left
 */
export async function requireStaged(store: LogStore, last: TreeHead, committed: TreeHead): Promise<void> {
  for await (const { faults } of checkLog(last, store, nodeSha256)) {
    const [fault] = faults;
    if (fault)
      throw new LogError(
        'tile-conflict',
        `what the store holds does not lead to the signed head over ${last.size} entries: entry ${fault.index}: ${fault.detail}`,
      );
  }
  if (committed.size === 0) return;
  const root = await earlierRoot(committed.size, last.size, store);
  if (!Buffer.from(root).equals(committed.root))
    throw contradiction(
      'diverged',
      { by: 'the database', head: committed },
      { by: 'the store', head: { size: committed.size, root } },
    );
}
