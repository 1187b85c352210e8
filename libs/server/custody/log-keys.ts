import { formatVerifierKey, type VerifierKey } from '#domain/merkle';
import type { Database } from '#server/database';
import { recordOfPlatform } from './platform-event.js';

/**
 * That a further key signs the log's heads from now on is on the record, once: the event also gives the first head that it signs, so that
 * none is served without it for longer than a head takes.
 */
export async function recordLogKey(database: Database, key: VerifierKey): Promise<void> {
  const verifierKey = formatVerifierKey(key);
  await database.asPlatform(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('amana.log-key', 0))`);
    const known = await tx.query<unknown[]>('SELECT FROM amana.log_key WHERE verifier_key = $1', [verifierKey]);
    if (known.length > 0) return;
    const event = await recordOfPlatform(tx, {
      kind: 'log-key-added',
      reason: `heads of ${key.name} are signed with a key of ${key.type} too, ${key.id}`,
      detail: { origin: key.name, type: key.type, keyId: key.id, verifierKey },
      result: 'done',
    });
    await tx.query('INSERT INTO amana.log_key (verifier_key, event_id) VALUES ($1, $2)', [verifierKey, event.id]);
  });
}
