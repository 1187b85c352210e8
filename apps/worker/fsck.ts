import { DataSource } from 'typeorm';
import { parseVerifierKey } from '#domain/merkle';
import { ConfigError, readConfig } from '#server/config';
import { fsck, logFolder, LogStore } from '#server/custody';
import { Database } from '#server/database';
import { storeFrom } from '#server/storage';

/** Integrity, as the exit codes of the command line have it. */
const FAULTS_FOUND = 4;

/**
 * `node dist/apps/worker/fsck.js`, for the operator: recomputes the whole record, in the worker's environment, while everything runs.
 * Prints the report as JSON; exit 0 when nothing is wrong, 4 when something is.
 */
const { databaseUrl, logVerifierKey, store: storeUrl } = readConfig(process.env);
if (logVerifierKey === null) throw new ConfigError(['AMANA_LOG_VERIFIER_KEY: is missing']);
const source = await new DataSource({ type: 'postgres', url: databaseUrl, poolSize: 2 }).initialize();
const store = await storeFrom(storeUrl);
try {
  const database = new Database(source);
  const report = await fsck({
    database,
    store: new LogStore(store, await logFolder(database)),
    key: parseVerifierKey(logVerifierKey),
  });
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = report.ok ? 0 : FAULTS_FOUND;
} finally {
  await store.close();
  await source.destroy();
}
