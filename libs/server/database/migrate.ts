import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { checkApplied, noteApplied } from './applied-migrations.js';
import { type SqlMigration, sqlMigration } from './sql-migration.js';

/** In their order. What has shipped is never edited again: what it was is remembered, and another is refused. */
export const MIGRATIONS: readonly SqlMigration[] = [
  sqlMigration('0001-foundation', 1_763_900_000_000),
  sqlMigration('0002-authority', 1_764_000_000_000),
  sqlMigration('0003-witnessed-log', 1_764_100_000_000),
  sqlMigration('0004-timestamps', 1_764_200_000_000),
  sqlMigration('0005-scrub', 1_764_300_000_000),
  sqlMigration('0006-erasure', 1_764_400_000_000),
  sqlMigration('0007-log-keepers', 1_764_500_000_000),
  sqlMigration('0008-sign-in', 1_764_600_000_000),
  sqlMigration('0009-agreements', 1_764_700_000_000),
  sqlMigration('0010-requests', 1_764_800_000_000),
  sqlMigration('0011-directory', 1_764_900_000_000),
  sqlMigration('0012-second-wall', 1_765_000_000_000),
];

/** Connection for migrations alone, as the role that owns the schema. */
export function ownerSource(ownerUrl: string, migrations = MIGRATIONS): DataSource {
  return new DataSource({
    type: 'postgres',
    url: ownerUrl,
    migrations: migrations.map(({ migration }) => migration),
    migrationsTableName: 'amana_migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
  });
}

/**
 * Brings the schema up to date. Safe to run again, and by two at once: the second waits and finds nothing to do.
 * @throws MigrationError 'changed', before anything is done, when an applied migration's file is not what it was
 */
export async function migrate(ownerUrl: string, migrations = MIGRATIONS): Promise<void> {
  const source = await ownerSource(ownerUrl, migrations).initialize();
  const lock = source.createQueryRunner();
  try {
    await lock.query(`SELECT pg_advisory_lock(hashtext('amana_migration'))`);
    await checkApplied(source, migrations);
    await source.runMigrations();
    await noteApplied(source, migrations);
    await migrateQueue(ownerUrl);
  } finally {
    await lock.query(`SELECT pg_advisory_unlock(hashtext('amana_migration'))`).catch(() => undefined);
    await lock.release();
    await source.destroy();
  }
}

/**
 * The tables of a queue kept in this database are BullMQ's own and brought up to date by its own code, as the owner: the worker may use
 * them, and make the sequences that BullMQ makes as it goes, but owns nothing else.
 */
async function migrateQueue(ownerUrl: string): Promise<void> {
  const { DEFAULT_SCHEMA, runMigrations } = await import('bullmq');
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    await runMigrations(owner, DEFAULT_SCHEMA);
    await owner.query(`
      GRANT USAGE, CREATE ON SCHEMA ${DEFAULT_SCHEMA} TO amana_worker;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${DEFAULT_SCHEMA} TO amana_worker;
      GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA ${DEFAULT_SCHEMA} TO amana_worker;
    `);
  } finally {
    await owner.end();
  }
}
