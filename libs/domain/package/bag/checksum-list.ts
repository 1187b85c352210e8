import { bytesToHex } from '@noble/hashes/utils.js';
import { BagError } from './bag-error.js';
import { comparePaths, decodePath, encodePath, quoted } from './bag-path.js';
import { decodeUtf8 } from './tag-text.js';

/** Digest of each file by its path: what a BagIt manifest is. (A "manifest" here is the signed statement of an exhibit.) */
export type ChecksumList = ReadonlyMap<string, string>;

/**
 * The bytes of a list, sorted by path: `<lower-case hex>  <path>\n`, which `sha256sum -c` reads. RFC 8493 §2.1.3.
 * @throws BagError 'bad-path'
 */
export function formatChecksumList(digests: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const lines = [...digests]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([path, digest]) => `${bytesToHex(digest)}  ${encodePath(path)}\n`);
  return new TextEncoder().encode(lines.join(''));
}

/**
 * Reads a list as strictly as it is written, but for the order of its lines: a digest has one spelling, so that no bit of the list is
 * free. @throws BagError 'not-utf8', 'bad-line', 'bad-path', 'duplicate-path'
 */
export function parseChecksumList(bytes: Uint8Array, { name, digestSizeBytes }: ListKind): ChecksumList {
  const text = decodeUtf8(bytes, name);
  if (!text.endsWith('\n')) throw new BagError('bad-line', `${name}: the last line does not end`);
  const list = new Map<string, string>();
  for (const [at, line] of text.slice(0, -1).split('\n').entries()) {
    const digest = line.slice(0, 2 * digestSizeBytes);
    const gap = line.slice(2 * digestSizeBytes, 2 * digestSizeBytes + 2);
    if (digest.length !== 2 * digestSizeBytes || !/^[0-9a-f]+$/.test(digest) || gap !== '  ') {
      throw new BagError('bad-line', `${name}, line ${at + 1}: not a lower-case digest, two spaces and a path`);
    }
    const path = decodePath(line.slice(2 * digestSizeBytes + 2));
    if (list.has(path)) throw new BagError('duplicate-path', `${name}: ${quoted(path)} is listed twice`);
    list.set(path, digest);
  }
  return list;
}

export interface ListKind {
  /** Name of the file, for messages. */
  readonly name: string;
  readonly digestSizeBytes: number;
}
