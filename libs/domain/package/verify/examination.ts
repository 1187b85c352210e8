import type { Bag } from '../bag/read-bag.js';
import type { PackageHasher } from '../hasher.js';
import type { PackageReader } from '../ports.js';
import { readWhole } from '../read-whole.js';
import { LinkFault, type Checked, type Link } from '../verdict.js';

/** A package under examination: what each check works with. */
export interface Examination {
  readonly reader: PackageReader;
  readonly bag: Bag;
  readonly hasher: PackageHasher;
  /** Counts what was found in order. */
  readonly checked: Checked;
}

/** A file that must be there, whole. Its size was checked before. @throws LinkFault of `link` when it is not there or has grown */
export async function requireFile(
  { reader, bag }: Pick<Examination, 'reader' | 'bag'>,
  path: string,
  link: Link,
): Promise<Uint8Array> {
  const file = bag.payload.get(path);
  if (file === undefined) throw new LinkFault(link, `${path} is missing`);
  const bytes = await readWhole(reader, path, file.sizeBytes);
  if (bytes === null) throw new LinkFault(link, `${path} grew while it was read`);
  return bytes;
}

/** Runs a check of a stage whose errors are of one class, and names the link when it refuses. @throws LinkFault */
export async function holding<Result>(
  link: Link,
  refusal: abstract new (...args: never[]) => Error,
  check: () => Result | Promise<Result>,
  where?: string,
): Promise<Result> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof refusal)) throw error;
    throw new LinkFault(link, where === undefined ? error.message : `${where}: ${error.message}`);
  }
}
