import { type Page, type PageQuery, Problem } from '#domain/contract';
import { UtcInstant } from '#domain/evidence';
import type { Transaction } from './database.js';

/**
 * A page by keyset, newest first: flat in the size of the table when an index on (at DESC, id DESC) stands behind it.
 *
 * @param select the SELECT without WHERE, ORDER or LIMIT; its rows carry an `id`
 * @param keys the columns paged by; the instant has milliseconds (`timestamptz(3)`), which is what cursors hold
 * @param filters columns that must have these values, or conditions with a `?` where the value goes
 * @throws Problem 'malformed-request' for a cursor that is not ours
 */
export async function readPage<Row extends { id: string }>(
  tx: Transaction,
  select: string,
  keys: { at: string; id: string },
  { limit, cursor }: PageQuery,
  atOf: (row: Row) => Date,
  filters: Readonly<Record<string, unknown>> = {},
): Promise<Page<Row>> {
  const after = cursor === undefined ? null : readCursor(cursor);
  const given = [limit + 1, ...(after ?? []), ...Object.values(filters)];
  const conditions = Object.keys(filters).map((filter, index) => {
    const place = `$${(after ? 4 : 2) + index}`;
    return filter.includes('?') ? filter.replace('?', place) : `${filter} = ${place}`;
  });
  if (after) conditions.unshift(`(${keys.at}, ${keys.id}) < ($2::timestamptz, $3::uuid)`);
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const rows = await tx.query<Row[]>(`${select} ${where} ORDER BY ${keys.at} DESC, ${keys.id} DESC LIMIT $1`, given);
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    next:
      rows.length > limit && last ? Buffer.from(`${atOf(last).toISOString()} ${last.id}`).toString('base64url') : null,
  };
}

function readCursor(cursor: string): [string, string] {
  const [at = '', id = '', ...rest] = Buffer.from(cursor, 'base64url').toString('latin1').split(' ');
  if (rest.length > 0 || !UtcInstant.safeParse(at).success || !UUID.test(id))
    throw new Problem('malformed-request', 'the cursor is not one of ours');
  return [at, id];
}
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
