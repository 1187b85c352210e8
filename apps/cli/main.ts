import { isMainThread } from 'node:worker_threads';
import { CommanderError, type Command } from 'commander';
import type { Runtime } from './commands/runtime.js';
import { EXIT, type ExitCode, codeOf, exitCodeOf, wordsOf } from './exit-code.js';
import { requireKnownVerbs } from './known-verbs.js';
import { runThread } from './node/thread-main.js';
import { Output } from './output.js';
import { createProgram } from './program.js';
import { type CommonOptions, Session } from './session.js';
import { UsageError } from './usage-error.js';

const INTERRUPTED = 130;

if (isMainThread) process.exitCode = await main(process.argv);
else runThread();

/** Runs the command that the arguments name. @returns its exit code; nothing it started is left */
async function main(argv: readonly string[]): Promise<ExitCode> {
  const output = new Output(process.stdout, process.stderr, process.env);
  let code: ExitCode = EXIT.done;
  const runtime: Runtime = {
    async run(options, work) {
      code = await runCommand(output, { ...program.opts<CommonOptions>(), ...options }, work);
    },
  };
  const program = createProgram(runtime);
  prepare(program);
  try {
    requireKnownVerbs(program, argv.slice(2));
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done; // --help and --version have printed what they are for
    if (!(error instanceof CommanderError || error instanceof UsageError)) throw error;
    const isBare = error instanceof CommanderError && error.code === 'commander.help';
    output.json = argv.includes('--json');
    output.failure(isBare ? 'which command? See `amana --help`' : wordsOf(error), { code: 'usage', exit: EXIT.usage });
    return EXIT.usage;
  }
}

async function runCommand(
  output: Output,
  options: CommonOptions,
  work: (session: Session) => Promise<void>,
): Promise<ExitCode> {
  output.json = options.json === true;
  const session = new Session(output, options, process.env, new URL(import.meta.url));
  const onSignal = () => {
    session.interrupt();
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    await work(session);
    return EXIT.done;
  } catch (error) {
    const exit = exitCodeOf(error);
    output.failure(wordsOf(error), { code: codeOf(error), exit });
    if (process.env.AMANA_DEBUG === '1' && error instanceof Error) output.note(error.stack ?? '');
    return exit;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await session.close();
  }
}

/** Failures of parsing are told by us, on one line; help goes where it was asked for. */
function prepare(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  for (const below of command.commands) prepare(below);
}
