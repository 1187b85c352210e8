import { entryOf } from '#domain/custody';
import { LogError } from './log-error.js';
import type { LogSession } from './log-session.js';

/** Entries held in memory at a time: full bundles, so that batches end where tiles do. */
const ENTRY_BATCH = 4096;

/**
 * The log's entries [from, to), in order, as the database holds them, batch after batch; each batch ends at a multiple of ENTRY_BATCH or
 * at `to`. @throws LogError 'entry-missing'
 */
export async function* readEntries(
  session: Pick<LogSession, 'query'>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array[]> {
  for (let at = from; at < to;) {
    const end = Math.min(to, at - (at % ENTRY_BATCH) + ENTRY_BATCH);
    const rows = await session.query<{ log_index: string; commitment: Buffer }>(
      'SELECT log_index, commitment FROM amana.log_entry WHERE log_index >= $1 AND log_index < $2 ORDER BY log_index',
      [at, end],
    );
    for (const [position, { log_index }] of rows.entries()) {
      if (Number(log_index) !== at + position) throw missing(at + position);
    }
    if (rows.length !== end - at) throw missing(at + rows.length);
    yield rows.map(({ commitment }) => entryOf(commitment));
    at = end;
  }
}

const missing = (index: number) => new LogError('entry-missing', `the database has no entry of index ${index}`);
