import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { emptyDatabase, freshDatabase, openDatabase } from '../../../test/support/database.js';
import { temporaryFolder } from '../../../test/support/temporary-folder.js';
import { migrate, ownerSource } from './index.js';
import { refuseOtherSchema } from './applied-migrations.js';
import { MIGRATIONS } from './migrate.js';
import { sqlMigration } from './sql-migration.js';

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
        WHERE c.relnamespace = to_regnamespace('amana') AND a.attnum > 0 AND NOT a.attisdropped
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

  it('leave, taken back one by one, the very schema there was before each', async () => {
    const ownerUrl = await empty();
    const source = await ownerSource(ownerUrl).initialize();
    closing.push(() => source.destroy());
    await source.runMigrations();
    const seen: string[][] = [];
    for (let count = source.migrations.length; count > 1; count--) {
      await source.undoLastMigration();
      seen.unshift(await describeSchema(ownerUrl));
    }
    await source.undoLastMigration();
    for (const [at, before] of seen.entries()) {
      const all = source.migrations.splice(at + 1);
      await source.runMigrations();
      expect(await describeSchema(ownerUrl)).toEqual(before);
      source.migrations.push(...all);
    }
  });

  it('change nothing when run again, and let two run at once', async () => {
    const ownerUrl = await empty();
    await Promise.all([migrate(ownerUrl), migrate(ownerUrl)]);
    const first = await describeSchema(ownerUrl);
    await migrate(ownerUrl);
    expect(await describeSchema(ownerUrl)).toEqual(first);
  });
});

describe('what was applied', () => {
  const folder = temporaryFolder('migrations');
  const write = (file: string, up: string) => {
    writeFileSync(join(folder, `${file}.up.sql`), up);
    writeFileSync(join(folder, `${file}.down.sql`), 'SELECT');
  };
  const own = (file: string, timestamp: number) => sqlMigration(file, timestamp, pathToFileURL(`${folder}/`));
  // What grants and the queue need is in the platform's own migrations.
  const MORE = [...MIGRATIONS, own('8001-mine', 8_001_000_000_000), own('8002-mine', 8_002_000_000_000)];

  async function migrated(): Promise<string> {
    const ownerUrl = await empty();
    write('8001-mine', 'CREATE TABLE amana.mine (id int)');
    write('8002-mine', 'ALTER TABLE amana.mine ADD COLUMN more int');
    await migrate(ownerUrl, MORE);
    return ownerUrl;
  }

  it('is refused, by name and before anything is done, when its file has changed since', async () => {
    const ownerUrl = await migrated();
    write('8001-mine', 'CREATE TABLE amana.mine (id bigint)');
    write('8003-mine', 'DROP TABLE amana.mine');
    const refused = migrate(ownerUrl, [...MORE, own('8003-mine', 8_003_000_000_000)]);
    await expect(refused).rejects.toMatchObject({ name: 'MigrationError', code: 'changed' });
    await expect(refused).rejects.toThrow('8001-mine.up.sql is not what was applied to this database; put it back');
    const { source, close } = await openDatabase(ownerUrl, 1);
    closing.push(close);
    expect(await source.query('SELECT FROM amana.mine')).toEqual([]);
    await expect(refuseOtherSchema(source, MORE)).rejects.toThrow('8001-mine.up.sql is not what');
  });

  it('may be applied with other content once it was taken back', async () => {
    const ownerUrl = await migrated();
    const source = await ownerSource(ownerUrl, MORE).initialize();
    closing.push(() => source.destroy());
    await source.undoLastMigration();
    write('8002-mine', 'ALTER TABLE amana.mine ADD COLUMN other int');
    await migrate(ownerUrl, MORE);
    await refuseOtherSchema(source, MORE);
  });

  it('must be all that this build needs, and may be more', async () => {
    const ownerUrl = await migrated();
    const { source, close } = await openDatabase(ownerUrl, 1);
    closing.push(close);
    await refuseOtherSchema(source, MIGRATIONS);
    const next = [...MORE, own('8009-later', 8_009_000_000_000)];
    write('8009-later', 'SELECT');
    await expect(refuseOtherSchema(source, next)).rejects.toThrow('the database lacks 8009-later');
  });

  it('is known for what it was where it was applied before contents were noted', async () => {
    const ownerUrl = await migrated();
    const { source, close } = await openDatabase(ownerUrl, 1);
    closing.push(close);
    await source.query('DROP TABLE amana_migration_content');
    await migrate(ownerUrl, MORE);
    write('8002-mine', 'SELECT');
    await expect(migrate(ownerUrl, MORE)).rejects.toThrow('8002-mine.up.sql');
  });

  it('can be seen by every process and changed by none', async () => {
    const { appUrl, workerUrl, drop } = await freshDatabase();
    closing.push(drop);
    for (const url of [appUrl, workerUrl]) {
      const { source, close } = await openDatabase(url, 1);
      closing.push(close);
      await refuseOtherSchema(source, MIGRATIONS);
      await expect(source.query('DELETE FROM amana_migration_content')).rejects.toThrow('permission denied');
    }
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
