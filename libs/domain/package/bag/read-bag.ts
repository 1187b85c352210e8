import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { MAX_BAG_FILES, MAX_BAG_INFO_BYTES, MAX_CHECKSUM_LIST_BYTES } from '../limits.js';
import type { PackageEntry, PackageReader } from '../ports.js';
import { readStart } from '../read-bytes.js';
import { BagError } from './bag-error.js';
import { BAG_DECLARATION, oxumOf, parseBagInfo, type BagInfo, type Oxum } from './bag-info.js';
import { quoted, requireSafePath } from './bag-path.js';
import { parseChecksumList, type ChecksumList } from './checksum-list.js';

/** A payload file and the digests that the bag lists for it, in hexadecimal. */
export interface BagFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly sha512: string;
}

/** A bag whose own files are in order. The payload is there, to the last file and no more; none of it has been read. */
export interface Bag {
  /** By path, in the order of the list. */
  readonly payload: ReadonlyMap<string, BagFile>;
  /** What the bag says of itself. */
  readonly info: BagInfo;
  /** What it says its payload adds up to. */
  readonly oxum: Oxum;
  /** How many files describe it. */
  readonly tagFiles: number;
}

const TAG_FILES: Readonly<Record<string, number>> = {
  'bagit.txt': BAG_DECLARATION.length,
  'bag-info.txt': MAX_BAG_INFO_BYTES,
  'manifest-sha256.txt': MAX_CHECKSUM_LIST_BYTES,
  'manifest-sha512.txt': MAX_CHECKSUM_LIST_BYTES,
};
const TAG_LIST = 'tagmanifest-sha256.txt';

/**
 * Reads a bag of ours, strictly: exactly the five files that describe it beside `data/`, each as `tagmanifest-sha256.txt` says, both
 * lists of the payload naming just the files that are there. Bags of other makers are free to differ. RFC 8493 §3.
 * @throws BagError, PackageError 'unreadable'
 */
export async function readBag(reader: PackageReader): Promise<Bag> {
  const sizes = await listFiles(reader);
  const tags = await readTagFiles(reader, sizes);
  const info = parseBagInfo(tagFile(tags, 'bag-info.txt'));
  const oxum = oxumOf(info);
  const list256 = parseChecksumList(tagFile(tags, 'manifest-sha256.txt'), {
    name: 'manifest-sha256.txt',
    digestSizeBytes: 32,
  });
  const list512 = parseChecksumList(tagFile(tags, 'manifest-sha512.txt'), {
    name: 'manifest-sha512.txt',
    digestSizeBytes: 64,
  });
  const present = [...sizes.keys()].filter((path) => path.startsWith('data/'));
  requireSameFiles(list256, present, 'manifest-sha256.txt');
  requireSameFiles(list512, present, 'manifest-sha512.txt');
  const payload = new Map<string, BagFile>();
  for (const [path, digest] of list256) {
    payload.set(path, { path, sizeBytes: sizes.get(path) ?? 0, sha256: digest, sha512: list512.get(path) ?? '' });
  }
  return { payload, info, oxum, tagFiles: tags.size + 1 };
}

/** Sizes by path, in the order of the paths, so that what is found first does not hang on the medium. */
async function listFiles(reader: PackageReader): Promise<ReadonlyMap<string, number>> {
  const entries: PackageEntry[] = [];
  for await (const entry of reader.list()) {
    if (entries.length >= MAX_BAG_FILES) throw new BagError('too-many-files', `more than ${MAX_BAG_FILES} files`);
    entries.push(entry);
  }
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const [at, { path, kind }] of entries.entries()) {
    if (path === entries[at - 1]?.path) throw new BagError('duplicate-path', `${quoted(path)} is there twice`);
    if (kind !== 'file') throw new BagError('not-a-file', `${quoted(path)} is a ${kind}, not a file`);
    requireSafePath(path);
    if (!path.startsWith('data/') && path !== TAG_LIST && !Object.hasOwn(TAG_FILES, path)) {
      throw new BagError('extra-file', `${quoted(path)} does not belong into the package`);
    }
  }
  const missing = [...Object.keys(TAG_FILES), TAG_LIST].find((name) => !entries.some(({ path }) => path === name));
  if (missing !== undefined) throw new BagError('missing-file', `${missing} is missing`);
  return new Map(entries.map(({ path, sizeBytes }) => [path, sizeBytes]));
}

async function readTagFiles(
  reader: PackageReader,
  sizes: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = async (path: string, maxSizeBytes: number) => {
    const tooLarge = new BagError('too-large', `${path} has more than ${maxSizeBytes} bytes`);
    if ((sizes.get(path) ?? 0) > maxSizeBytes) throw tooLarge;
    const bytes = await readStart(reader.open(path), maxSizeBytes + 1);
    if (bytes.length > maxSizeBytes) throw tooLarge;
    return bytes;
  };
  const list = parseChecksumList(await read(TAG_LIST, MAX_BAG_INFO_BYTES), { name: TAG_LIST, digestSizeBytes: 32 });
  requireSameFiles(list, Object.keys(TAG_FILES), TAG_LIST);
  const files = new Map<string, Uint8Array>();
  for (const [path, maxSizeBytes] of Object.entries(TAG_FILES)) {
    const bytes = await read(path, maxSizeBytes);
    if (bytesToHex(sha256(bytes)) !== list.get(path)) {
      throw new BagError('digest-mismatch', `${path} is not what ${TAG_LIST} lists: its SHA-256 differs`);
    }
    files.set(path, bytes);
  }
  if (new TextDecoder().decode(tagFile(files, 'bagit.txt')) !== BAG_DECLARATION) {
    throw new BagError('bad-declaration', 'bagit.txt does not declare BagIt 1.0 in UTF-8');
  }
  return files;
}

function tagFile(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  return files.get(name) ?? new Uint8Array(0);
}

function requireSameFiles(list: ChecksumList, present: readonly string[], name: string): void {
  const extra = present.find((path) => !list.has(path));
  if (extra !== undefined) throw new BagError('extra-file', `${quoted(extra)} is not listed in ${name}`);
  const there = new Set(present);
  const missing = [...list.keys()].find((path) => !there.has(path));
  if (missing !== undefined)
    throw new BagError('missing-file', `${quoted(missing)} is listed in ${name} and is not there`);
}
