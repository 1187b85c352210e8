import type { Command } from 'commander';
import type { CommonOptions, Session } from '../session.js';

/** How a command gets its session, and its end an exit code. */
export interface Runtime {
  /**
   * Opens a session, does the work in it and closes it. A failure is told on stderr and becomes the exit code.
   * @param options of the command itself; the common ones are known
   */
  run(options: CommonOptions, work: (session: Session) => Promise<void>): Promise<void>;
}

/** Adds the options that every command takes, wherever they stand. */
export function addCommonOptions(program: Command): Command {
  return program
    .option('--json', 'the result as JSON on stdout')
    .option('--as <email>', 'the officer to act as (else AMANA_OFFICER, else who signed in last)')
    .option('--api <url>', "the platform's address (else AMANA_API, else where you signed in)")
    .option('--passphrase-file <file>', 'the first line of it is the passphrase (else AMANA_PASSPHRASE, else asked)');
}

/** The examples of each command, which its group's help takes one each of. */
const EXAMPLES = new WeakMap<Command, readonly string[]>();

/** Adds a command, with examples in its help. */
export function addCommand(parent: Command, usage: string, about: string, examples: readonly string[]): Command {
  const command = parent.command(usage).description(about).configureHelp({ showGlobalOptions: true });
  EXAMPLES.set(command, examples);
  return addExamples(command, () => examples);
}

/** Adds a command that has others below it. Its help has an example of each. */
export function addGroup(parent: Command, name: string, about: string): Command {
  const group = parent.command(name).description(about).configureHelp({ showGlobalOptions: true });
  return addExamples(group, () => firstExamples(group));
}

/** Adds examples to a command's help, asked for when it is shown. */
export function addExamples(command: Command, examples: () => readonly string[]): Command {
  return command.addHelpText('after', () =>
    ['', 'Examples:', ...examples().map((example) => `  $ amana ${example}`)].join('\n'),
  );
}

function firstExamples(group: Command): string[] {
  return group.commands.flatMap((command) => {
    const examples = EXAMPLES.get(command) ?? firstExamples(command);
    return examples.slice(0, 1);
  });
}
