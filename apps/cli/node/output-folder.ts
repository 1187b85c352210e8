import { constants, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import {
  type Appender,
  FetchError,
  type OutputFolder,
  type OutputName,
  type PartialFile,
  outputNames,
  renamedFiles,
} from '#client/fetch';
import { ExhibitId, type FileId, Sha256Hex } from '#domain/evidence';
import type { Manifest, ManifestFile } from '#domain/manifest';
import { parseJson } from './home.js';
import { readFileIfThere, syncFolder, writePrivateFile } from './private-file.js';
import { isSystemError } from './system-error.js';

const PIECE_BYTES = 1024 * 1024;
const WORK_FOLDER = '.amana-fetch';

/** What an interrupted fetch left in a folder, so that the next knows whether the folder is its own. */
const FetchProgress = z.strictObject({
  schema: z.literal('amana-fetch/v1'),
  exhibitId: ExhibitId,
  manifestSha256: Sha256Hex,
});
type FetchProgress = z.infer<typeof FetchProgress>;

/**
 * A folder that an exhibit is fetched into. Until a file is whole and has its digest it lies under its id in `.amana-fetch`; then
 * it gets the name that `outputNames` gave it. Nothing outside the folder is ever written, and nothing in it written over.
 */
export class FetchFolder implements OutputFolder {
  readonly #root: string;
  readonly #names: ReadonlyMap<FileId, OutputName>;
  readonly #files: Manifest['files'];

  private constructor(root: string, files: Manifest['files']) {
    this.#root = root;
    this.#files = files;
    this.#names = outputNames(files, foldsCase(join(root, WORK_FOLDER)));
  }

  /** @throws FetchError 'output-taken' unless the folder is new, empty, or an interrupted fetch of this very exhibit */
  static open(root: string, manifest: Manifest, manifestSha256: string): FetchFolder {
    const progress: FetchProgress = { schema: 'amana-fetch/v1', exhibitId: manifest.exhibitId, manifestSha256 };
    const created = mkdirSync(root, { recursive: true, mode: 0o700 });
    if (created !== undefined) syncParents(resolve(root), resolve(created));
    const progressPath = join(root, WORK_FOLDER, 'progress.json');
    const left = readFileIfThere(progressPath);
    if (left === null) {
      const others = readdirSync(root).filter((name) => name !== WORK_FOLDER);
      if (others.length > 0) throw taken(root, 'is not empty');
      mkdirSync(join(root, WORK_FOLDER), { recursive: true, mode: 0o700 });
      writePrivateFile(progressPath, `${JSON.stringify(progress)}\n`);
    } else {
      const before = FetchProgress.safeParse(parseJson(left)).data;
      if (before?.exhibitId !== progress.exhibitId) throw taken(root, 'has the fetch of another exhibit');
      if (before.manifestSha256 !== manifestSha256)
        throw taken(root, 'has the fetch of another manifest of this exhibit');
    }
    return new FetchFolder(root, manifest.files);
  }

  partial(file: ManifestFile): DiskPartialFile {
    return new DiskPartialFile(join(this.#root, WORK_FOLDER, `${file.id}.partial`), () => this.#place(file));
  }

  async finished(file: ManifestFile): Promise<AsyncIterable<Uint8Array> | null> {
    const path = this.#pathOf(file);
    const handle = await openIfThere(path);
    return handle === null ? null : pieces(handle, Infinity);
  }

  /** The files' names that had to be others are listed, the work folder goes. */
  conclude(): void {
    const renamed = renamedFiles(this.#files, this.#names);
    if (renamed.length > 0) writePrivateFile(join(this.#root, 'names.json'), `${JSON.stringify(renamed, null, 2)}\n`);
    rmSync(join(this.#root, WORK_FOLDER), { recursive: true, force: true });
    syncFolder(this.#root);
  }

  /** Keeps the receipt. It is signed only when the files' names are durable: it says that they were received. */
  async writeReceipt<T>(sign: () => Promise<T>): Promise<{ receipt: T; path: string }> {
    this.#syncNames();
    const receipt = await sign();
    const path = join(this.#root, 'amana-receipt.json');
    writePrivateFile(path, `${JSON.stringify(receipt)}\n`);
    return { receipt, path };
  }

  /** How many files bear another name than their own. */
  get renamedCount(): number {
    return renamedFiles(this.#files, this.#names).length;
  }

  /** Every folder that a file or another folder was put into, also by an earlier attempt. */
  #syncNames(): void {
    // By their bytes, as latin1: a name need not be UTF-8.
    const folders = new Set([Buffer.from(this.#root).toString('latin1')]);
    for (const file of this.#files) {
      let folder = this.#pathOf(file).toString('latin1');
      do folders.add((folder = folder.slice(0, folder.lastIndexOf('/'))));
      while (folder.length > Buffer.byteLength(this.#root));
    }
    for (const folder of folders) syncFolder(Buffer.from(folder, 'latin1'));
  }

  #place(file: ManifestFile): void {
    const path = this.#pathOf(file);
    const folder = path.subarray(0, path.lastIndexOf('/'));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (isThere(path)) rmSync(path); // an earlier one of ours, which no longer had its digest
    renameSync(join(this.#root, WORK_FOLDER, `${file.id}.partial`), path);
  }

  #pathOf({ id }: ManifestFile): Buffer {
    const segments = this.#names.get(id)?.segments ?? [];
    return Buffer.concat([Buffer.from(this.#root), ...segments.flatMap((segment) => [Buffer.from('/'), segment])]);
  }
}

/** A file on its way, on disk. */
export class DiskPartialFile implements PartialFile {
  readonly path: string;
  readonly #place: () => void;

  constructor(path: string, place: () => void) {
    this.path = path;
    this.#place = place;
  }

  async sizeBytes(): Promise<number> {
    const handle = await openIfThere(Buffer.from(this.path));
    if (handle === null) return 0;
    const { size } = await handle.stat();
    await handle.close();
    return size;
  }

  async *read(sizeBytes: number): AsyncGenerator<Uint8Array> {
    if (sizeBytes > 0) yield* pieces(await open(this.path, 'r'), sizeBytes);
  }

  async continueAt(sizeBytes: number): Promise<Appender> {
    const handle = await open(this.path, constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);
    await handle.truncate(sizeBytes);
    let position = sizeBytes;
    return {
      async append(plaintext) {
        for (let at = 0; at < plaintext.length;) {
          const { bytesWritten } = await handle.write(plaintext, at, plaintext.length - at, position);
          at += bytesWritten;
          position += bytesWritten;
        }
      },
      async close() {
        await handle.sync();
        await handle.close();
      },
    };
  }

  finish(): Promise<void> {
    this.#place();
    return Promise.resolve();
  }
}

async function* pieces(handle: FileHandle, sizeBytes: number): AsyncGenerator<Uint8Array> {
  try {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (let left = sizeBytes; left > 0;) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(PIECE_BYTES, left), null);
      if (bytesRead === 0) return;
      left -= bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

async function openIfThere(path: Buffer): Promise<FileHandle | null> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) return null;
    throw cause;
  }
}

function isThere(path: Buffer): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** What was created, down to `path`, survives a power cut. */
function syncParents(path: string, created: string): void {
  for (let at = path; at.length >= created.length; at = dirname(at)) syncFolder(dirname(at));
}

/** Whether this file system takes `a` and `A`, or é in its two forms, for one name. */
function foldsCase(folder: string): boolean {
  const probe = join(folder, 'probe-a\u00e9');
  writeFileSync(probe, '');
  try {
    return [join(folder, 'probe-A\u00e9'), join(folder, 'probe-ae\u0301')].some((other) => {
      try {
        return statSync(other).isFile();
      } catch {
        return false;
      }
    });
  } finally {
    rmSync(probe, { force: true });
  }
}

function taken(root: string, why: string): FetchError {
  return new FetchError('output-taken', `${root} ${why}; give a new or an empty folder`);
}
