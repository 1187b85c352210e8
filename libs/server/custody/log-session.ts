import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

/** One connection of the log's own: whoever holds office holds it through this session, and loses it with it. */
export interface LogSession {
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Aborted when the connection is gone. */
  readonly lost: AbortSignal;
  end(): Promise<void>;
}

const STATEMENT_TIMEOUT_MS = 60_000;
/** When the database itself does not answer any more, as when the network between is cut. */
const ANSWER_TIMEOUT_MS = 75_000;
const END_WITHIN_MS = 2000;
/** A holder of office that shows no life for so long is stopped or cut off: the database ends its session, and another is elected. */
const SILENCE_MS = 10_000;

/** Connects under the worker's role. @throws whatever the driver throws when the database is away */
export async function connectLogSession(databaseUrl: string): Promise<LogSession> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: 'amana-log',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 10_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    options: `-c idle_session_timeout=${SILENCE_MS}`,
  });
  const gone = new AbortController();
  // A broken connection is told here and by every query; without a listener it would end the process.
  client.on('error', () => {
    gone.abort();
  });
  client.on('end', () => {
    gone.abort();
  });
  await client.connect();
  let last: Promise<unknown> = Promise.resolve();
  return {
    lost: gone.signal,
    // One statement at a time: the loops of an office share the session.
    query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
      const answer = last.then(() => client.query<Row>(sql, [...parameters])).then(({ rows }) => rows);
      last = answer.catch(() => undefined);
      return answer;
    },
    // A server that is cut off never says goodbye.
    end: () => Promise.race([client.end(), delay(END_WITHIN_MS, undefined, { ref: false })]),
  };
}

/** SQLSTATE of the fences in the database: the epoch or the size has moved, another holds office. */
export const FENCED = 'AM001';

/** SQLSTATE or socket error code of a failed query, or null. */
export function codeOfFailure(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
