import { parseArgs } from 'node:util';
import { DataSource } from 'typeorm';
import { readConfig } from '#server/config';
import { parseWitnesses, WitnessList, WitnessNetwork } from '#server/custody';
import { Database } from '#server/database';

const USAGE = `usage, in the worker's environment, while it runs or not:
  witnesses list
  witnesses add VERIFIER-KEY URL --reason TEXT     have the log cosigned by this witness
  witnesses retire NAME|VERIFIER-KEY --reason TEXT   it no longer counts
Every change is on the platform's record, with its reason, and in the queue of the auditors.
`;
const USAGE_FAULT = 2;
/** Longer ones are for a letter: an event has room for 2000 characters, with what is said of the witness. */
const MAX_REASON = 1000;

/** What an operator does when a state's witness comes or goes. Prints JSON. */
async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { reason: { type: 'string' } } });
  const [command, ...words] = positionals;
  const reason = values.reason?.trim() ?? '';
  const isWhole =
    (command === 'list' && words.length === 0) ||
    (reason !== '' &&
      reason.length <= MAX_REASON &&
      command === (words.length === 2 ? 'add' : 'retire') &&
      words.length > 0 &&
      words.length < 3);
  if (!isWhole) throw new UsageFault(USAGE);
  const config = readConfig(process.env);
  const source = await new DataSource({ type: 'postgres', url: config.databaseUrl, poolSize: 1 }).initialize();
  try {
    const list = new WitnessList(new Database(source));
    if (command === 'add') {
      const [address] = parseWitnesses(words.join(' '));
      if (!address) throw new UsageFault(USAGE);
      WitnessNetwork.of(config.witnessNetworks).requireMayBeAt(address.url);
      print({ changed: await list.add(address, reason) });
    } else if (command === 'retire') {
      const retired = await list.retire(words[0] ?? '', reason);
      if (retired.length === 0) throw new UsageFault(`no witness that counts is called ${words[0] ?? ''}\n`);
      print({ retired: retired.map(({ verifierKey }) => verifierKey) });
    } else print(await list.all());
  } finally {
    await source.destroy();
  }
}

class UsageFault extends Error {}

function print(report: object): void {
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
}

await main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(message.endsWith('\n') ? message : `${message}\n`);
  process.exitCode =
    error instanceof UsageFault || error instanceof RangeError || error instanceof TypeError ? USAGE_FAULT : 1;
});
