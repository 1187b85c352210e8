import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';

/** Copies a package and changes one byte in the middle of the largest file at or below `part`. @returns which file */
export function flipOneByte(from: string, to: string, part: string): string {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  const place = join(to, part);
  const files = statSync(place).isFile() ? [place] : filesBelow(place);
  const [largest] = files.sort((one, other) => statSync(other).size - statSync(one).size);
  if (largest === undefined) throw new Error(`${part} has no file to change`);
  const bytes = readFileSync(largest);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(largest, bytes);
  return relative(to, largest);
}

/** Null when `folder` holds what the paths hold, under the same names; else the first name that differs. */
export function sameTree(paths: readonly string[], folder: string): string | null {
  for (const path of paths) {
    const pairs = statSync(path).isFile() ? [path] : filesBelow(path);
    for (const file of pairs) {
      const name = file === path ? basename(path) : join(basename(path), relative(path, file));
      if (digestOf(file) !== digestOf(join(folder, name))) return name;
    }
  }
  return null;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function digestOf(file: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
  } catch {
    return null;
  }
}
