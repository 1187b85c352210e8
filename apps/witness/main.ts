// The witness: a partner state runs it, and cosigns what a log publishes as long as the log only grows.
import { readWitnessConfig } from './config.js';
import { makeKeyFile } from './key-file.js';
import { runWitness } from './run.js';
import { StartupError, type StartupErrorCode } from './startup-error.js';

const HELP = `Usage:
  node main.js CONFIG            run the witness; Ctrl-C or SIGTERM ends it
  node main.js keygen NAME FILE  make its key once; prints the verifier key that others pin
  node main.js keygen NAME FILE --ml-dsa-44
                                 make a second one too that no quantum computer forges; prints both

CONFIG is JSON; paths in it are relative to its folder:
  {
    "name": "witness.example/amana",
    "keyFile": "witness.key",
    "listen": "127.0.0.1:7450",
    "dataFolder": "data",
    "logs": [{ "vkey": "custody.example/log/2026a+1c2d3e4f+ATpL…" }]
  }
Optional: "operations" (host:port for health and metrics alone), "requestTimeoutSeconds" (10), and in each
log "origin" where it is not the name of the key.

Exit codes: 0 stopped, 1 internal, 2 usage or configuration, 4 the memory is damaged or gone, 5 in use.
`;

const EXIT: Readonly<Record<StartupErrorCode, number>> = { 'refused-configuration': 2, memory: 4, 'in-use': 5 };

// Nothing that it writes is for others on the machine.
process.umask(0o077);
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`witness: ${printable(error instanceof Error ? error.message : String(error))}\n`);
  process.exit(error instanceof StartupError ? EXIT[error.code] : 1);
}

async function main(words: readonly string[]): Promise<void> {
  const [first = '', name = '', file = ''] = words;
  if (words.includes('--help') || words.includes('-h')) {
    process.stdout.write(HELP);
  } else if (first === 'keygen' && words.length === 3) {
    process.stdout.write(`${(await makeKeyFile(name, file)).join('\n')}\n`);
  } else if (first === 'keygen' && words.length === 4 && words[3] === '--ml-dsa-44') {
    process.stdout.write(`${(await makeKeyFile(name, file, ['cosignature-v1', 'ml-dsa-44'])).join('\n')}\n`);
  } else if (words.length === 1 && first !== 'keygen' && !first.startsWith('-')) {
    await runWitness(await readWitnessConfig(first));
  } else {
    process.stderr.write(HELP);
    process.exitCode = 2;
  }
}

/** Names and paths come from files: a terminal is shown no control characters of theirs. */
function printable(text: string): string {
  return text.replaceAll(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
