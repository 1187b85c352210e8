import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { UsageError } from '../usage-error.js';

/** Where a passphrase or password comes from, in the order they are looked at: what was asked for now comes before what is set for long. */
export interface SecretSources {
  readonly file: string | undefined;
  /** Of the environment. */
  readonly value: string | undefined;
  /** What is asked for on a terminal, such as "Passphrase". */
  readonly prompt: string;
  /** What to say where there is none of these, such as "set AMANA_PASSPHRASE". */
  readonly hint: string;
}

/** @throws UsageError when there is none to be had */
export async function readSecret({ value, file, prompt, hint }: SecretSources): Promise<string> {
  if (file !== undefined) return firstLine(readFileSync(file, 'utf8'), file);
  if (value !== undefined && value !== '') return value;
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new UsageError(`${prompt} needed: ${hint}`);
  return ask(`${prompt}: `);
}

/** Asks for a new secret twice on a terminal. */
export async function readNewSecret(sources: SecretSources): Promise<string> {
  const secret = await readSecret(sources);
  const wasTyped = (sources.value === undefined || sources.value === '') && sources.file === undefined;
  if (wasTyped && (await ask(`${sources.prompt} again: `)) !== secret) throw new UsageError('the two are not the same');
  return secret;
}

function firstLine(text: string, file: string): string {
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  if (line === '') throw new UsageError(`${file} has no secret in its first line`);
  return line;
}

/** Typed characters are not shown. */
async function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      terminal.on('SIGINT', () => reject(new UsageError('given up')));
      terminal.on('close', () => reject(new UsageError('given up')));
      terminal.question('', resolve);
    });
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
