import type { SqlMigration } from './sql-migration.js';

/** The database and this build do not agree on what was done to the schema. The message names every migration concerned. */
class MigrationError extends Error {
  override readonly name = 'MigrationError';

  constructor(
    /** `changed`: a file is not what was applied under its name. `missing`: the database lacks a migration that this build needs. */
    readonly code: 'changed' | 'missing',
    message: string,
  ) {
    super(message);
  }
}

/** A database, under whichever role. */
interface Asked {
  query(sql: string, parameters?: unknown[]): Promise<unknown>;
}

const RECORD = `CREATE TABLE IF NOT EXISTS amana_migration_content (
  name text PRIMARY KEY, sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'), applied_at timestamptz NOT NULL DEFAULT now())`;

/**
 * Before migrating: makes the record of contents where there is none, and compares. What was applied before there was a record is
 * taken to be what lies here. @throws MigrationError 'changed'
 */
export async function checkApplied(owner: Asked, migrations: readonly SqlMigration[]): Promise<void> {
  await owner.query(RECORD);
  const [{ exists } = { exists: false }] = (await owner.query(
    `SELECT to_regclass('amana_migration') IS NOT NULL AS exists`,
  )) as { exists: boolean }[];
  if (!exists) return;
  // What was taken back may be applied anew with other content.
  await owner.query(
    `DELETE FROM amana_migration_content c WHERE NOT EXISTS (SELECT FROM amana_migration m WHERE m.name = c.name)`,
  );
  refuseChanged(await applied(owner), migrations);
}

/** After migrating: notes the content of all that is applied, for every process to see. */
export async function noteApplied(owner: Asked, migrations: readonly SqlMigration[]): Promise<void> {
  for (const { name, sha256 } of migrations) {
    await owner.query(`INSERT INTO amana_migration_content (name, sha256) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [
      name,
      sha256(),
    ]);
  }
  await owner.query(`GRANT SELECT ON amana_migration_content TO amana_app, amana_worker`);
}

/**
 * At boot, under the process's own role. A database that is ahead is let be: that is how a new version comes in.
 * @throws MigrationError
 */
export async function refuseOtherSchema(process: Asked, migrations: readonly SqlMigration[]): Promise<void> {
  const found = await applied(process);
  refuseChanged(found, migrations);
  const missing = migrations.filter(({ name }) => !found.has(name));
  if (missing.length > 0)
    throw new MigrationError(
      'missing',
      `refusing to run: the database lacks ${missing.map(({ file }) => file).join(', ')}; run the migrations first`,
    );
}

function refuseChanged(found: ReadonlyMap<string, string>, migrations: readonly SqlMigration[]): void {
  const changed = migrations.filter(({ name, sha256 }) => {
    const before = found.get(name);
    return before !== undefined && before !== sha256();
  });
  if (changed.length === 0) return;
  throw new MigrationError(
    'changed',
    `refusing to run: ${changed.map(({ file }) => `${file}.up.sql`).join(', ')} is not what was applied to this database; ` +
      'put it back as it was, and what is to change into a migration of its own',
  );
}

/** Migrations by name, with the SHA-256 of what was applied. */
async function applied(database: Asked): Promise<Map<string, string>> {
  const rows = (await database.query(`SELECT name, sha256 FROM amana_migration_content`)) as {
    name: string;
    sha256: string;
  }[];
  return new Map(rows.map(({ name, sha256 }) => [name, sha256]));
}
