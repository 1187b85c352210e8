import type { Command } from 'commander';
import { UsageError } from './usage-error.js';

/**
 * Every verb that the arguments name exists: also where help is asked for, which would be that of something else.
 * @param args without node and the program itself
 * @throws UsageError naming the first that does not
 */
export function requireKnownVerbs(program: Command, args: readonly string[]): void {
  let command = program;
  for (let at = 0; at < args.length && command.commands.length > 0; at++) {
    const arg = args[at] ?? '';
    if (arg === '--') return;
    if (arg.startsWith('-')) {
      if (program.options.some((option) => option.required && (option.long === arg || option.short === arg))) at += 1;
    } else if (arg !== 'help') {
      const named = command.commands.find((one) => one.name() === arg);
      if (named === undefined) throw new UsageError(`unknown command '${arg}'`);
      command = named;
    }
  }
}
