import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A program of the build, which tests of the sources run too. */
export function builtProgram(...path: readonly string[]): string {
  return join(checkoutFolder(), 'dist', ...path);
}

// The folder of package-lock.json: this file lies below it, as source or as built.
function checkoutFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package-lock.json'))) folder = dirname(folder);
  return folder;
}
