import { type Page, type PageQuery, Problem } from '#domain/contract';

/** Runs one statement: in a transaction under row-level security, or outside any for what everybody may read. */
export type RunQuery = <Row>(sql: string, parameters: readonly unknown[]) => Promise<Row[]>;

export interface Keyset {
  /** SELECT without WHERE, ORDER or LIMIT. */
  readonly select: string;
  /** Columns that together are unique, in the order of the list; a row has each as a member of the same name. Texts, unless cast. */
  readonly keys: readonly string[];
  readonly casts?: Readonly<Record<string, 'uuid'>>;
  /** Columns that must have these values. */
  readonly filters?: Readonly<Record<string, unknown>>;
  /** What else must hold: a condition on one value, which stands in it as `?`. */
  readonly conditions?: readonly (readonly [condition: string, value: unknown])[];
}

/**
 * A page by keyset, in ascending order: what is added or taken away meanwhile shifts nothing, and the last page costs what the first does.
 * @throws Problem 'malformed-request' for a cursor that is not ours
 */
export async function keysetPage<Row extends object>(
  run: RunQuery,
  { select, keys, casts = {}, filters = {}, conditions: more = [] }: Keyset,
  { limit, cursor }: PageQuery,
): Promise<Page<Row>> {
  const parameters: unknown[] = [limit + 1];
  const place = (value: unknown) => `$${parameters.push(value)}`;
  const conditions = Object.entries(filters).map(([column, value]) => `${column} = ${place(value)}`);
  for (const [condition, value] of more) conditions.push(condition.replace('?', place(value)));
  if (cursor !== undefined) {
    const values = readCursor(cursor, keys.length);
    if (keys.some((key, at) => casts[key] === 'uuid' && !UUID.test(values[at] ?? ''))) throw foreign();
    const after = keys.map((key, at) => `${place(values[at])}::${casts[key] ?? 'text'}`);
    conditions.push(`(${keys.join(', ')}) > (${after.join(', ')})`);
  }
  const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  const rows = await run<Row>(`${select} ${where} ORDER BY ${keys.join(', ')} LIMIT $1`, parameters);
  const items = rows.slice(0, limit);
  const last = items.at(-1) as Record<string, unknown> | undefined;
  return { items, next: rows.length > limit && last ? cursorOf(keys.map((key) => String(last[key]))) : null };
}

function cursorOf(values: readonly string[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

function readCursor(cursor: string, count: number): string[] {
  const values = parsed(Buffer.from(cursor, 'base64url').toString('utf8'));
  const isOurs =
    Array.isArray(values) &&
    values.length === count &&
    values.every((value): value is string => typeof value === 'string' && !value.includes('\0'));
  if (!isOurs || cursorOf(values) !== cursor) throw foreign();
  return values;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function foreign(): Problem {
  return new Problem('malformed-request', 'the cursor is not one of ours');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
