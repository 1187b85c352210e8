import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A program of the build, which tests of the sources run too. */
export function builtProgram(...path: readonly string[]): string {
  // The folder of package-lock.json: this file lies below it, as source or as built.
  let checkout = import.meta.dirname;
  while (!existsSync(join(checkout, 'package-lock.json'))) checkout = dirname(checkout);
  return join(checkout, 'dist', ...path);
}
