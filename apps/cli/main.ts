import { isMainThread } from 'node:worker_threads';
import { CommanderError, type Command } from 'commander';
import type { Runtime } from './commands/runtime.js';
import { EXIT, type ExitCode, exitCodeOf, wordsOf } from './exit-code.js';
import { runThread } from './node/thread-main.js';
import { Output } from './output.js';
import { createProgram } from './program.js';
import { type CommonOptions, Session } from './session.js';

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
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done; // --help and --version have printed what they are for
    output.failure(error.code === 'commander.help' ? 'which command? See `amana --help`' : wordsOf(error));
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
    output.failure(wordsOf(error));
    if (process.env.AMANA_DEBUG === '1' && error instanceof Error) output.note(error.stack ?? '');
    return exitCodeOf(error);
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
