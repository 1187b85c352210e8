import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A program of the build, which tests of the sources run too. @throws Error outside a checkout */
export function builtProgram(...path: readonly string[]): string {
  return join(checkoutFolder(import.meta.dirname), 'dist', ...path);
}

/** The folder of package-lock.json: `from` lies below it, as source or as built. @throws Error when none of its parents has one */
export function checkoutFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package-lock.json'))) return folder;
    if (folder === dirname(folder))
      throw new Error(`${from} lies in no checkout: no folder above it has a package-lock.json`);
  }
}
