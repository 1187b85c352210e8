import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Bytes, type PackageEntry, PackageError, type PackageReader, type PackageWriter } from '#domain/package';

/** Read at once; two such rooms a file, one being filled while the other is worked at. */
const PIECE_BYTES = 1024 * 1024;

/** A court package in a folder. No symbolic link is followed, neither by `list` nor by `open`. */
export class FolderPackage implements PackageReader, PackageWriter {
  readonly #root: string;
  readonly #folders = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  list(): AsyncIterable<PackageEntry> {
    return listFolder(this.#root, '');
  }

  async *open(path: string): Bytes {
    const file = await readable(path, () =>
      open(this.#path(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    );
    try {
      if (!(await file.stat()).isFile()) throw new PackageError('unreadable', `${path} is no file`);
      yield* pieces(path, file);
    } finally {
      await file.close();
    }
  }

  /** A crash before the return may leave part of the file, and no more than this one file is in doubt. */
  async write(path: string, content: Bytes | Uint8Array): Promise<void> {
    const target = this.#path(path);
    await writable(path, async () => {
      await this.#makeFolder(dirname(target));
      const file = await open(target, 'wx');
      try {
        for await (const piece of content instanceof Uint8Array ? [content] : content) await file.writeFile(piece);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(dirname(target));
    });
  }

  #path(path: string): string {
    return join(this.#root, ...path.split('/'));
  }

  /** The names of new folders are durable before anything is written into them. */
  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    const first = await mkdir(folder, { recursive: true });
    for (let made = folder; first !== undefined && made.length >= first.length; made = dirname(made))
      await syncFolder(dirname(made));
    this.#folders.add(folder);
  }
}

async function* listFolder(root: string, folder: string): AsyncIterable<PackageEntry> {
  const entries = await readable(folder || '.', () =>
    readdir(join(root, folder), { withFileTypes: true, encoding: 'buffer' }),
  );
  for (const entry of entries) {
    const name = entry.name.toString('utf8');
    const path = folder === '' ? name : `${folder}/${name}`;
    // What has no name in UTF-8 cannot be opened by it, and belongs to no package: it is enough that it is seen.
    if (!Buffer.from(name).equals(entry.name)) yield { path, kind: 'file', sizeBytes: 0 };
    else if (entry.isDirectory()) yield* listFolder(root, path);
    else if (entry.isSymbolicLink()) yield { path, kind: 'symbolic link', sizeBytes: 0 };
    else if (!entry.isFile()) yield { path, kind: 'special file', sizeBytes: 0 };
    else yield { path, kind: 'file', sizeBytes: (await readable(path, () => lstat(join(root, path)))).size };
  }
}

/** The next piece is being read while the last one is worked at; a piece is written over once the next but one is asked for. */
async function* pieces(path: string, file: FileHandle): Bytes {
  const rooms = [Buffer.allocUnsafe(PIECE_BYTES), Buffer.allocUnsafe(PIECE_BYTES)] as const;
  const fill = (room: Buffer) => readable(path, () => file.read(room, 0, PIECE_BYTES));
  let coming = fill(rooms[0]);
  try {
    for (;;) {
      const { bytesRead, buffer } = await coming;
      if (bytesRead === 0) return;
      coming = fill(buffer === rooms[0] ? rooms[1] : rooms[0]);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await coming.catch(() => undefined); // the file is closed next
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readable<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw new PackageError('unreadable', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** What the content itself throws is passed on as it is. */
async function writable(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    if (cause.code === 'EEXIST') throw new PackageError('exists', `${path} is there already`, { cause });
    throw new PackageError('unwritable', `${path} cannot be written: ${reasonOf(cause)}`, { cause });
  }
}

const isSystemError = (cause: unknown): cause is NodeJS.ErrnoException =>
  typeof cause === 'object' && cause !== null && 'syscall' in cause;

function reasonOf(cause: unknown): string {
  return isSystemError(cause) ? (cause.code ?? cause.message) : String(cause);
}
