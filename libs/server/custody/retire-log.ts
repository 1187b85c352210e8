import { createHash } from 'node:crypto';
import { emptyRoot, formatSuccessor, signNote, type SigningKey } from '#domain/merkle';
import { nodeSha256 } from './node-hashes.js';
import { recordOfPlatform } from './platform-event.js';
import { type RecoveryParts, takeInHand } from './recovery.js';

/** How a log ended, and what followed. */
export interface RetireReport {
  readonly retired: { readonly origin: string; readonly size: number; readonly root: string };
  readonly origin: string;
  /** Signed note under the key of the log that ended: whoever pinned it can follow. */
  readonly succession: string;
}

/**
 * Ends a log that cannot go on, at the last head that was ever signed, and begins its successor under a new name and key: empty, with an
 * event first that names what it follows, then every event that is left, in the order it had. One transaction; what the old log held stays
 * in the database and in the store, and its statement of succession is signed by its own key.
 * @param moreKeys of the successor, beside its first
 * @throws LogError 'retired'
 */
export async function retireLog(
  parts: RecoveryParts,
  successor: SigningKey,
  moreKeys: readonly SigningKey[] = [],
): Promise<RetireReport> {
  const { database, key } = parts;
  const { epoch, last } = await takeInHand(parts);
  const { name: origin } = successor.verifier;
  const retired = last ?? { origin: key.verifier.name, size: 0, root: emptyRoot(nodeSha256) };
  const root = Buffer.from(retired.root).toString('base64');
  const text = formatSuccessor({
    retired: { origin: retired.origin, size: retired.size, root: retired.root },
    ...{ origin, keys: [successor, ...moreKeys].map(({ verifier }) => verifier) },
  });
  const succession = Buffer.from(signNote(text, [key])).toString('utf8');
  const folder = `log-${createHash('sha256').update(origin).digest('hex').slice(0, 16)}`;
  await database.asPlatform(async (tx) => {
    const event = await recordOfPlatform(tx, {
      kind: 'log-succeeded',
      result: 'done',
      reason: `the log ${retired.origin} ended at ${retired.size} entries; ${origin} follows it`,
      detail: { predecessor: retired.origin, size: retired.size, root, origin },
    });
    await tx.query('SELECT amana.log_retire($1, $2, $3, $4, $5, $6)', [
      ...[epoch, retired.origin, origin, folder, succession, event.id],
    ]);
  });
  return { retired: { origin: retired.origin, size: retired.size, root }, origin, succession };
}
