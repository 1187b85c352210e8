import { type BigIntStats, lstatSync, readdirSync } from 'node:fs';
import { fileNameFault, fileNameOf } from '#domain/manifest';
import { UsageError } from '../usage-error.js';
import { mediaTypeOf } from './media-type.js';
import { PathSource } from './path-source.js';

const SLASH = Buffer.from('/');

/**
 * Every regular file at and below the paths, in byte order, each under the name it will bear: the path's own last name, and for a
 * folder what lies below it. Bytes of names are kept as they are. A symbolic link or a special file is refused, not skipped and
 * not followed: what an exhibit has is to be said exactly.
 *
 * @throws UsageError naming the path at fault
 */
export function walkPaths(paths: readonly string[]): PathSource[] {
  const found = paths.flatMap((path) => {
    const trimmed = path.replace(/(?<=.)\/+$/, '');
    const own = Buffer.from(trimmed);
    const name = ownName(own);
    return name === null ? walkFolder(own, null) : walk(own, name);
  });
  if (found.length === 0) throw new UsageError(`${paths.map(quoted).join(', ')}: there is no file to seal`);
  requireDistinct(found);
  return found;
}

function walk(path: Buffer, name: Buffer): PathSource[] {
  const stats = statusOf(path);
  if (stats.isDirectory()) return walkFolder(path, name);
  requireRegular(path, stats);
  return [sourceOf(path, name, stats)];
}

function walkFolder(path: Buffer, name: Buffer | null): PathSource[] {
  const entries = readdirSync(path, { encoding: 'buffer' });
  return entries
    .sort((a, b) => Buffer.compare(a, b))
    .flatMap((entry) =>
      walk(Buffer.concat([path, SLASH, entry]), name === null ? entry : Buffer.concat([name, SLASH, entry])),
    );
}

/** The last name of a path; null for one that ends in `.`, `..` or is the root, whose files are named from there. */
function ownName(path: Buffer): Buffer | null {
  const last = path.subarray(path.lastIndexOf(SLASH) + 1);
  return last.length === 0 || last.equals(Buffer.from('.')) || last.equals(Buffer.from('..')) ? null : last;
}

function sourceOf(path: Buffer, nameBytes: Buffer, stats: BigIntStats): PathSource {
  const name = fileNameOf(nameBytes);
  const fault = fileNameFault(name);
  if (fault !== null) throw new UsageError(`${quoted(path)}: the name ${fault}`);
  const { dev, ino, size } = stats;
  return new PathSource({
    ...name,
    mediaType: mediaTypeOf(name.name),
    sizeBytes: Number(size),
    path,
    identity: { dev, ino },
  });
}

function statusOf(path: Buffer): BigIntStats {
  return lstatSync(path, { bigint: true });
}

function requireRegular(path: Buffer, stats: BigIntStats): void {
  if (stats.isFile()) return;
  const kind = stats.isSymbolicLink() ? 'a symbolic link; give the file it leads to' : 'a special file';
  throw new UsageError(`${quoted(path)}: is ${kind}`);
}

function requireDistinct(sources: readonly PathSource[]): void {
  const seen = new Map<string, PathSource>();
  for (const source of sources) {
    const key = source.nameBase64 ?? source.name;
    const other = seen.get(key);
    if (other)
      throw new UsageError(`${quoted(other.path)} and ${quoted(source.path)} would have the same name in the exhibit`);
    seen.set(key, source);
  }
}

function quoted(path: Buffer | string): string {
  return `"${path.toString()}"`;
}
