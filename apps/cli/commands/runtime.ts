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

/** Adds a command, with examples in its help. */
export function addCommand(parent: Command, usage: string, about: string, examples: readonly string[]): Command {
  return parent
    .command(usage)
    .description(about)
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', ['', 'Examples:', ...examples.map((example) => `  $ amana ${example}`)].join('\n'));
}

/** Adds a command that has others below it. */
export function addGroup(parent: Command, name: string, about: string): Command {
  return parent.command(name).description(about);
}
