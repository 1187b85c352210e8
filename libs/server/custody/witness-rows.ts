import { formatVerifierKey, parseVerifierKey, ProofError, quorumThreshold, type VerifierKey } from '#domain/merkle';
import type { LogSession } from './log-session.js';

/** A witness that the platform has its log cosigned by. */
export interface Witness {
  readonly name: string;
  readonly key: VerifierKey;
  readonly verifierKey: string;
  readonly url: string;
  /** Of the last head that it cosigned, as far as is known here. */
  readonly size: number;
}

/** A witness as it is configured. */
export type WitnessAddress = Pick<Witness, 'key' | 'verifierKey' | 'url'>;

type Asked = Pick<LogSession, 'query'>;

/**
 * Reads `<verifier key> <url>`, separated by commas or line ends, as AMANA_WITNESSES gives them.
 * @throws RangeError that names the entry
 */
export function parseWitnesses(text: string): WitnessAddress[] {
  const entries = text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return entries.map((entry, at) => {
    const [verifierKey = '', url = '', ...more] = entry.split(/ +/);
    if (more.length > 0 || !URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new RangeError(`witness ${at + 1}: must be a verifier key, a space and an http or https URL`);
    try {
      const key = parseVerifierKey(verifierKey);
      if (key.type === 'ed25519') throw new RangeError(`witness ${at + 1}: this is the key of a log, not of a witness`);
      return { key, verifierKey: formatVerifierKey(key), url: new URL(url).href };
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      throw new RangeError(`witness ${at + 1}: ${error.message}`, { cause: error });
    }
  });
}

/** Adds a witness, or gives one that is there this address; one that was retired counts again. Whoever calls puts it on the record. */
export async function putWitness(database: Asked, { key, verifierKey, url }: WitnessAddress): Promise<void> {
  await database.query(
    `INSERT INTO amana.log_witness (verifier_key, name, url) VALUES ($1, $2, $3)
     ON CONFLICT (verifier_key) DO UPDATE SET url = excluded.url, retired_at = NULL`,
    [verifierKey, key.name, url],
  );
}

/** Those that are not retired. A key that this build cannot read is left out. */
export async function readWitnesses(database: Asked): Promise<Witness[]> {
  const rows = await database.query<{ verifier_key: string; name: string; url: string; size: string }>(
    'SELECT verifier_key, name, url, size FROM amana.log_witness WHERE retired_at IS NULL ORDER BY added_at, name',
  );
  return rows.flatMap(({ verifier_key, name, url, size }) => {
    try {
      const key = parseVerifierKey(verifier_key);
      return [{ name, key, verifierKey: verifier_key, url, size: Number(size) }];
    } catch (error) {
      if (error instanceof ProofError) return [];
      throw error;
    }
  });
}

/** Keeps a verified cosignature, and what is witnessed by the platform's own quorum if this makes it up. */
export async function keepCosignature(
  database: Asked,
  { verifierKey }: Witness,
  size: number,
  line: string,
): Promise<void> {
  await database.query(
    'INSERT INTO amana.log_cosignature (size, verifier_key, line) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [size, verifierKey, line],
  );
  await database.query(
    'UPDATE amana.log_witness SET size = greatest(size, $2), seen_at = now(), fault = NULL, fault_at = NULL WHERE verifier_key = $1',
    [verifierKey, size],
  );
  const [count] = await database.query<{ all: number; cosigned: number }>(
    `SELECT count(DISTINCT name)::int AS all, count(DISTINCT name) FILTER (WHERE c.size IS NOT NULL)::int AS cosigned
     FROM amana.log_witness w LEFT JOIN amana.log_cosignature c ON c.verifier_key = w.verifier_key AND c.size = $1
     WHERE w.retired_at IS NULL`,
    [size],
  );
  if (count && count.cosigned >= quorumOf(count.all))
    await database.query('UPDATE amana.log_witnessed SET size = $1 WHERE size < $1', [size]);
}

/** Notes why a witness did not cosign. `conflict` stays until an operator has looked. */
export async function noteFault(
  database: Asked,
  { verifierKey }: Witness,
  fault: string,
  conflict: string | null,
): Promise<void> {
  await database.query(
    `UPDATE amana.log_witness SET fault = $2, fault_at = now(), conflict = coalesce($3, conflict) WHERE verifier_key = $1`,
    [verifierKey, fault.slice(0, 500), conflict],
  );
}

/** How many of so many operators must have cosigned for the platform to call a head witnessed; of none, no number is enough. */
export function quorumOf(witnesses: number): number {
  return witnesses === 0 ? Infinity : quorumThreshold(witnesses);
}
