/** Whatever asks the database: a session, a pool. */
interface Asked {
  query<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
}

/** Where the tiles of the first log lie. */
const FIRST = 'log';

/** The folder of the store that the log of this database has its tiles in: each log that followed another has one of its own. */
export async function logFolder(database: Asked): Promise<string> {
  const [row] = await database.query<{ store_folder: string }>(
    'SELECT store_folder FROM amana.log_origin ORDER BY opened_at DESC LIMIT 1',
  );
  return row?.store_folder ?? FIRST;
}

/** The log that followed this one, if it was retired. */
export async function successorOf(database: Asked, origin: string): Promise<string | null> {
  const [row] = await database.query<{ origin: string }>('SELECT origin FROM amana.log_origin WHERE predecessor = $1', [
    origin,
  ]);
  return row?.origin ?? null;
}
