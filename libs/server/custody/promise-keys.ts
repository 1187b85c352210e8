import { certifyPromiseKey } from '#domain/custody';
import { formatVerifierKey, type SigningKey, type VerifierKey } from '#domain/merkle';

interface Asked {
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** Has the log's own key certify the key of its promises, for clients that trust the log to check them by. */
export async function keepPromiseKey(database: Asked, promiseKey: VerifierKey, log: SigningKey): Promise<void> {
  const certificate = Buffer.from(certifyPromiseKey(promiseKey, log)).toString('utf8');
  await database.query(
    'INSERT INTO amana.log_promise_key (verifier_key, certificate) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [formatVerifierKey(promiseKey), certificate],
  );
}

/** Every certificate, signed notes of the log: promises outlive the key they were signed with. */
export async function promiseKeyCertificates(database: Asked): Promise<string[]> {
  const rows = await database.query<{ certificate: string }>(
    'SELECT certificate FROM amana.log_promise_key ORDER BY certified_at',
  );
  return rows.map(({ certificate }) => certificate);
}
