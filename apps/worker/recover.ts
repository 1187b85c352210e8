import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { formatSigningKey, parseSigningKey, type SignatureType, type SigningKey } from '#domain/merkle';
import { ConfigError, readConfig } from '#server/config';
import {
  connectLogSession,
  guardedFetch,
  headStoreFrom,
  LogError,
  type RecoveryParts,
  replayLog,
  retireLog,
  WitnessDriver,
  WitnessNetwork,
} from '#server/custody';
import { Database } from '#server/database';
import { storeFrom } from '#server/storage';

const USAGE = `usage, in the worker's environment and with AMANA_DATABASE_OWNER_URL, while no worker runs:
  recover replay                                    bring back the entries that the store has and the database lost
  recover retire --new-origin ORIGIN --key-file FILE   end this log; begin its successor, whose key is written to FILE
      [--mldsa-key-file FILE]                       and a second key of it, of ML-DSA-44, to this one
`;
/** As the exit codes of the command line have it. */
const [USAGE_FAULT, INTEGRITY] = [2, 4];

/** What an operator does when the log refuses to go on. Prints a report as JSON; exit 4 when the log cannot be recovered so. */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'new-origin': { type: 'string' }, 'key-file': { type: 'string' }, 'mldsa-key-file': { type: 'string' } },
  });
  const [command, ...more] = positionals;
  const newOrigin = values['new-origin'];
  const keyFile = values['key-file'];
  const mlDsaKeyFile = values['mldsa-key-file'];
  if (more.length > 0 || (command !== 'replay' && !(command === 'retire' && newOrigin && keyFile))) {
    process.stderr.write(USAGE);
    process.exitCode = USAGE_FAULT;
    return;
  }
  await withParts(async (parts) => {
    if (command === 'replay') {
      print(await replayLog(parts));
      return;
    }
    // Before anything is signed or changed: a log whose key was lost could never be written.
    const key = newKey(keyFile ?? '', newOrigin ?? '', 'ed25519');
    const more = mlDsaKeyFile === undefined ? [] : [newKey(mlDsaKeyFile, newOrigin ?? '', 'ml-dsa-44')];
    print(await retireLog(parts, key, more));
  });
}

/** A key of a log that is in a file of its own before anybody uses it. */
function newKey(file: string, origin: string, type: SignatureType): SigningKey {
  const key = formatSigningKey(origin, type, randomBytes(32));
  writeFileSync(file, `${key}\n`, { flag: 'wx', mode: 0o600, flush: true });
  return parseSigningKey(key);
}

async function withParts(work: (parts: RecoveryParts) => Promise<void>): Promise<void> {
  const config = readConfig(process.env);
  const ownerUrl = process.env.AMANA_DATABASE_OWNER_URL;
  if (!ownerUrl) throw new ConfigError(['AMANA_DATABASE_OWNER_URL: is missing; only the owner may recover the log']);
  if (config.logKey === null || config.headStore === null)
    throw new ConfigError(['AMANA_LOG_KEY and AMANA_HEAD_STORE: are needed, as the worker has them']);
  const key = parseSigningKey(config.logKey);
  const source = await new DataSource({ type: 'postgres', url: ownerUrl, poolSize: 2 }).initialize();
  const session = await connectLogSession(ownerUrl);
  const heads = await headStoreFrom(config.headStore);
  const store = await storeFrom(config.store);
  try {
    const witnesses = new WitnessDriver({
      key: key.verifier,
      fetch: guardedFetch(WitnessNetwork.of(config.witnessNetworks)),
    });
    await work({ session, database: new Database(source), store, key, heads, witnesses });
  } finally {
    await heads.close();
    await store.close();
    await session.end();
    await source.destroy();
  }
}

function print(report: object): void {
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof LogError ? INTEGRITY : 1;
});
