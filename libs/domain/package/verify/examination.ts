import type { Bag, BagFile } from '../bag/read-bag.js';
import type { PackageHasher } from '../hasher.js';
import { PackageError } from '../package-error.js';
import type { Bytes, PackageReader } from '../ports.js';
import { readAll } from '../read-bytes.js';
import { LinkFault, type Checked, type Link } from '../verdict.js';

/** A package under examination: what each check works with. */
export interface Examination {
  readonly reader: PackageReader;
  readonly bag: Bag;
  readonly hasher: PackageHasher;
  /** Counts what was found in order. */
  readonly checked: Checked;
}

/** A small file that must be there, whole. @throws LinkFault of `link` when it is not there; PackageError 'unreadable' */
export async function requireFile(examination: Examination, path: string, link: Link): Promise<Uint8Array> {
  const file = examination.bag.payload.get(path);
  if (file === undefined) throw new LinkFault(link, `${path} is missing`);
  return readAll(openListed(examination, file));
}

/**
 * The bytes of a listed file, which must be as many as were listed: one that grows without end is not read without end.
 * @throws PackageError 'unreadable'
 */
export async function* openListed({ reader }: Examination, { path, sizeBytes }: BagFile): Bytes {
  let left = sizeBytes;
  for await (const piece of reader.open(path)) {
    left -= piece.length;
    if (left < 0) break;
    yield piece;
  }
  if (left !== 0) throw new PackageError('unreadable', `${path} changed while it was read`);
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
