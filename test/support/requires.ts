import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, it } from '@jest/globals';
import { hasCommand } from '../../scripts/services/has-command.js';

/** Something a group of tests cannot do without: a command of the machine, or any other thing looked for beforehand. */
export type Need = string | { readonly what: string; readonly present: boolean };

/** The shared test vectors: one folder a subject. `AMANA_VECTORS`, else beside the checkout. */
export const vectorsFolder = resolve(process.env.AMANA_VECTORS ?? join('..', 'shared', 'vectors'));

/** The vectors of one subject, as a need. */
export function vectors(subject: string): Need {
  const folder = join(vectorsFolder, subject);
  return { what: `the vectors in ${folder}`, present: existsSync(folder) };
}

/**
 * A `describe` for tests that need more than Node: `requires('redis-server')('the queue on Redis', () => { … })`.
 * Where something is missing the group is skipped, and `npm test` prints the reason; with CI=true it fails instead.
 */
export function requires(...needs: Need[]): (name: string, tests: () => void) => void {
  const missing = needs.filter((need) => !isPresent(need)).map((need) => (typeof need === 'string' ? need : need.what));
  if (missing.length === 0) return (name, tests) => describe(name, tests);
  const reason = `${missing.join(', ')} not found`;
  if (process.env.CI === 'true') {
    return (name) =>
      describe(name, () => {
        it(`has ${missing.join(', ')}`, () => {
          throw new Error(`${reason}, and with CI=true nothing may be skipped; see \`npm run system-packages\``);
        });
      });
  }
  return (name, tests) => describe.skip(`${name} (skipped: ${reason})`, tests);
}

function isPresent(need: Need): boolean {
  return typeof need === 'string' ? hasCommand(need) : need.present;
}
