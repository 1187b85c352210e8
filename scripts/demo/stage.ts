import { join, relative } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import type { Outcome } from '../platform/command.js';
import { Desk } from '../platform/desk.js';
import type { Platform } from '../platform/launch.js';

const COLOUR = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code: string, text: string) => (COLOUR ? `\u001B[${code}m${text}\u001B[0m` : text);

/** The demo came to a step that did not do what it should. */
export class BrokenStep extends Error {
  override readonly name = 'BrokenStep';
}

/** Tells the story of the demo: acts, the commands people type, what they see. */
export class Stage {
  private act = 0;
  private readonly desks = new Map<string, Desk>();

  constructor(
    private readonly platform: Platform,
    private readonly homes: string,
  ) {}

  /** Begins an act. */
  title(text: string): void {
    this.act += 1;
    process.stdout.write(`\n${paint('1', `${this.act}. ${text}`)}\n`);
  }

  /** A sentence between commands. */
  tell(text: string): void {
    process.stdout.write(`   ${paint('2', text)}\n`);
  }

  /** What a person of the story types. @throws BrokenStep unless it ends with `expected` */
  async amana(
    who: string,
    args: readonly string[],
    { expected = 0, quiet = false }: { expected?: number; quiet?: boolean } = {},
  ): Promise<Outcome> {
    const shown = `${who.split('@')[0] ?? who} $ amana ${args.map(quoted).join(' ')}`;
    process.stdout.write(`   ${paint('36', shown)}\n`);
    const outcome = await this.desk(who).run(args);
    const words = quiet ? '' : `${outcome.stdout}${outcome.stderr}`;
    for (const line of words.split('\n').filter((text) => text !== '')) process.stdout.write(`     ${line}\n`);
    if (outcome.code !== expected) {
      if (quiet) process.stderr.write(outcome.stdout + outcome.stderr);
      throw new BrokenStep(`\`amana ${args.join(' ')}\` ended with ${String(outcome.code)}, not ${expected}`);
    }
    if (expected !== 0) this.tell(`(exit ${expected}, as it must)`);
    return outcome;
  }

  /** The same, its JSON result alone. */
  json<Result>(who: string, args: readonly string[]): Promise<Result> {
    return this.desk(who).json(args);
  }

  /** Starts a command and hands it over, to be killed in the middle. */
  start(who: string, args: readonly string[]): ChildProcess {
    return this.desk(who).start(args);
  }

  private desk(who: string): Desk {
    const found = this.desks.get(who) ?? new Desk(this.platform, join(this.homes, who), who);
    this.desks.set(who, found);
    return found;
  }
}

/** A word as a person would type it: paths relative to where they are, quotes where the shell needs them. */
function quoted(typed: string): string {
  const word = typed.startsWith('/') ? relative('.', typed) : typed;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
