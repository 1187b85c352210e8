import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram } from '../services/checkout.js';

/** What a command printed and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const COLOUR = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code: string, text: string) => (COLOUR ? `\u001B[${code}m${text}\u001B[0m` : text);

/** The demo came to a step that did not do what it should. */
export class BrokenStep extends Error {
  override readonly name = 'BrokenStep';
}

/** Tells the story of the demo: acts, the commands people type, what they see. */
export class Stage {
  private act = 0;

  constructor(
    private readonly home: string,
    private readonly api: string,
    private readonly password: string,
  ) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
  }

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
    const outcome = await this.run(who, args);
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
  async json<Result>(who: string, args: readonly string[]): Promise<Result> {
    const outcome = await this.run(who, [...args, '--json']);
    if (outcome.code !== 0)
      throw new BrokenStep(`\`amana ${args.join(' ')}\` ended with ${String(outcome.code)}: ${outcome.stderr}`);
    return JSON.parse(outcome.stdout) as Result;
  }

  /** Starts a command and hands it over, to be killed in the middle. */
  start(who: string, args: readonly string[]) {
    return spawn(process.execPath, [builtProgram('amana.mjs'), ...args], {
      env: this.environment(who),
      stdio: ['ignore', 'ignore', 'ignore'],
    });
  }

  private run(who: string, args: readonly string[]): Promise<Outcome> {
    return runCommand(process.execPath, [builtProgram('amana.mjs'), ...args], this.environment(who));
  }

  private environment(who: string): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      AMANA_HOME: join(this.home, who),
      AMANA_API: this.api,
      AMANA_OFFICER: who,
      AMANA_PASSWORD: this.password,
      AMANA_PASSPHRASE: this.password,
    };
  }
}

/** Runs a command to its end. */
export function runCommand(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
