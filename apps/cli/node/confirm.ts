import { createInterface } from 'node:readline/promises';
import { UsageError } from '../usage-error.js';

/**
 * Asks a person on the terminal; only "y" or "yes" is a yes.
 * @param hint what to do where nobody can be asked
 * @throws UsageError where nobody can be asked, or the answer is no
 */
export async function confirm(question: string, hint: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new UsageError(hint);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^\s*y(es)?\s*$/i.test(answer)) throw new UsageError('given up: nothing was changed');
  } finally {
    terminal.close();
  }
}
