import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { FileId } from '#domain/evidence';
import { type FileName, fileNameBytes } from '#domain/manifest';

/** What an output folder has besides the evidence, at its top. */
export const OUTPUT_RESERVED = ['.amana-fetch', 'amana-receipt.json', 'names.json', 'renamed'] as const;

/** Where a file is written, below the output folder: the exact bytes of each folder's name and its own. */
export interface OutputName {
  readonly segments: readonly Uint8Array[];
  /** Why it could not bear its own name; null when it does. */
  readonly renamedBecause: string | null;
}

/** What `names.json` says of a file that bears another name. */
export interface RenamedFile {
  readonly id: FileId;
  readonly storedAs: string;
  readonly name: string;
  readonly nameBase64?: string;
  readonly because: string;
}

const SLASH = 0x2f;
const MAX_SEGMENT_BYTES = 255;
/** Leaves room for the output folder's own path below Linux's 4096. */
const MAX_PATH_BYTES = 3072;
/** Names that Windows takes for devices, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?$/i;

interface Named extends FileName {
  readonly id: FileId;
}

/**
 * Decides where each file of an exhibit goes. A name is kept byte by byte unless it would do harm here or where the folder is
 * carried to: leave it, be taken for a device, hide in a terminal, or fall together with another. Those go to `renamed/<id>`.
 *
 * @param foldsCase whether the file system takes names apart only by letters' case or normalisation for one
 */
export function outputNames(files: readonly Named[], foldsCase: boolean): ReadonlyMap<FileId, OutputName> {
  const taken = new Taken(foldsCase);
  return new Map(
    files.map((file) => {
      const segments = split(fileNameBytes(file));
      const because = faultOf(segments) ?? taken.clash(segments);
      if (because === null) taken.add(segments);
      const renamed = [utf8ToBytes('renamed'), utf8ToBytes(file.id)];
      return [file.id, { segments: because === null ? segments : renamed, renamedBecause: because }];
    }),
  );
}

/** The list of those that bear another name, in the order of the files. */
export function renamedFiles(files: readonly Named[], names: ReadonlyMap<FileId, OutputName>): RenamedFile[] {
  return files.flatMap((file): RenamedFile[] => {
    const because = names.get(file.id)?.renamedBecause ?? null;
    if (because === null) return [];
    const { id, name, nameBase64 } = file;
    return [{ id, storedAs: `renamed/${id}`, name, ...(nameBase64 !== undefined && { nameBase64 }), because }];
  });
}

function faultOf(segments: readonly Uint8Array[]): string | null {
  if (segments.reduce((sum, { length }) => sum + length + 1, 0) > MAX_PATH_BYTES) return 'too long';
  for (const [at, bytes] of segments.entries()) {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    if (bytes.length === 0) return at === 0 ? 'an absolute path' : 'a folder without a name';
    if (text === '.' || text === '..') return `leads to "${text}"`;
    if (bytes.length > MAX_SEGMENT_BYTES) return 'too long';
    if (/\p{Cc}/u.test(text)) return 'control characters';
    if (text.includes('\\') || /^[a-z]:/i.test(text)) return 'a path of Windows';
    if (/[. ]$/.test(text)) return 'ends with a dot or a space';
    if (DEVICE.test(text)) return 'a device of Windows';
    if (at === 0 && OUTPUT_RESERVED.some((reserved) => fold(reserved) === fold(text))) return 'reserved';
  }
  return null;
}

/** Names given so far: no two the same, none both a file and a folder. */
class Taken {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #foldsCase: boolean;

  constructor(foldsCase: boolean) {
    this.#foldsCase = foldsCase;
  }

  clash(segments: readonly Uint8Array[]): string | null {
    const keys = this.#keys(segments);
    const file = keys.at(-1) ?? '';
    if (this.#files.has(file)) return 'another file has this name here';
    if (this.#folders.has(file)) return 'a folder has this name';
    return keys.slice(0, -1).some((folder) => this.#files.has(folder)) ? 'a file has the name of its folder' : null;
  }

  add(segments: readonly Uint8Array[]): void {
    const keys = this.#keys(segments);
    for (const folder of keys.slice(0, -1)) this.#folders.add(folder);
    this.#files.add(keys.at(-1) ?? '');
  }

  /** The path to each folder on the way and to the file. */
  #keys(segments: readonly Uint8Array[]): string[] {
    let path = '';
    return segments.map((bytes) => (path += `/${this.#foldsCase ? folded(bytes) : bytesToHex(bytes)}`));
  }
}

function folded(bytes: Uint8Array): string {
  return fold(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function split(bytes: Uint8Array): Uint8Array[] {
  const segments: Uint8Array[] = [];
  let start = 0;
  for (let at = bytes.indexOf(SLASH); at >= 0; at = bytes.indexOf(SLASH, start)) {
    segments.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return [...segments, bytes.subarray(start)];
}
