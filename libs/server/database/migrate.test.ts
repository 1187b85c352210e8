import { afterEach, describe, expect, it } from '@jest/globals';
import { emptyDatabase, openDatabase } from '../../../test/support/database.js';
import { migrate, ownerSource } from './index.js';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function empty(): Promise<string> {
  const { ownerUrl, drop } = await emptyDatabase();
  closing.push(drop);
  return ownerUrl;
}

/** All that a schema is made of, in words, so that two can be compared. */
async function describeSchema(ownerUrl: string): Promise<string[]> {
  const { source, close } = await openDatabase(ownerUrl);
  try {
    const rows = await source.query<{ line: string }[]>(`
      SELECT 'schema ' || nspname || ' ' || coalesce(nspacl::text, '') AS line FROM pg_namespace WHERE nspname = 'amana'
      UNION ALL
      SELECT concat_ws(' ', 'relation', c.relname, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text)
        FROM pg_class c WHERE c.relnamespace = to_regnamespace('amana')
      UNION ALL
      SELECT concat_ws(' ', 'column', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
          pg_get_expr(d.adbin, d.adrelid), a.attacl::text)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = to_regnamespace('amana') AND a.attnum > 0
      UNION ALL
      SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
        WHERE connamespace = to_regnamespace('amana')
      UNION ALL
      SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'amana'
      UNION ALL
      SELECT concat_ws(' ', 'policy', tablename, policyname, cmd, roles::text, qual, with_check) FROM pg_policies WHERE schemaname = 'amana'
      UNION ALL
      SELECT concat_ws(' ', 'function', p.oid::regprocedure, p.proowner::regrole, p.proacl::text, pg_get_functiondef(p.oid))
        FROM pg_proc p WHERE p.pronamespace = to_regnamespace('amana')
      UNION ALL
      SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = to_regnamespace('amana') AND NOT tgisinternal
      ORDER BY line`);
    return rows.map(({ line }) => line);
  } finally {
    await close();
  }
}

describe('migrations', () => {
  it('go up, down to nothing, and up to the same schema again', async () => {
    const ownerUrl = await empty();
    const source = await ownerSource(ownerUrl).initialize();
    closing.push(() => source.destroy());
    await source.runMigrations();
    const first = await describeSchema(ownerUrl);
    expect(first.length).toBeGreaterThan(100);
    const count = (await source.query<unknown[]>('SELECT FROM amana_migration')).length;
    for (let undone = 0; undone < count; undone++) await source.undoLastMigration();
    expect(await describeSchema(ownerUrl)).toEqual([]);
    await source.runMigrations();
    expect(await describeSchema(ownerUrl)).toEqual(first);
  });

  it('change nothing when run again, and let two run at once', async () => {
    const ownerUrl = await empty();
    await Promise.all([migrate(ownerUrl), migrate(ownerUrl)]);
    const first = await describeSchema(ownerUrl);
    await migrate(ownerUrl);
    expect(await describeSchema(ownerUrl)).toEqual(first);
  });
});

describe('the wall beneath the API', () => {
  it('refuses to run as the owner, or as a superuser', async () => {
    const { ownerUrl, superuserUrl, drop } = await emptyDatabase();
    closing.push(drop);
    await migrate(ownerUrl);
    for (const [url, why] of [
      [ownerUrl, 'owns the tables'],
      [superuserUrl, 'is a superuser'],
    ] as const) {
      const { database, close } = await openDatabase(url);
      closing.push(close);
      await expect(database.refuseUnboundRole()).rejects.toThrow(why);
    }
  });
});
