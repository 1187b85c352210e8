import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { PartsInFlight, SealError, type SealedPart, digestPart, encodeDraft, type Draft } from '#client/seal';
import type { DraftFiles } from '#client/upload';
import { type FileId, CHUNK_SIZE_BYTES, PART_SIZE_BYTES, partCount, partSizeBytes } from '#domain/evidence';
import type { ManifestFile } from '#domain/manifest';
import { SealingError, chunkTreeRoot, decodeLeafHashes, encodeLeafHashes } from '#domain/sealing';
import { UsageError } from '../usage-error.js';
import { nodeSha256 } from './chunk-hasher.js';
import { readFileIfThere, syncFolder } from './private-file.js';
import { isSystemError } from './system-error.js';

const PARTS_IN_FLIGHT = 4;
const CHUNKS_PER_PART = PART_SIZE_BYTES / CHUNK_SIZE_BYTES;

/**
 * Writes a draft: under another name until all of it is durable, so that what bears the draft's name is always whole. The file keys
 * are in memory alone; what a crash leaves cannot be opened or gone on with.
 */
export class DraftWriter {
  readonly #target: string;
  readonly #aside: string;

  private constructor(target: string) {
    this.#target = target;
    this.#aside = `${target}.partial`;
  }

  /** @throws UsageError when there is something of this name, or of an interrupted sealing */
  static create(path: string): DraftWriter {
    const writer = new DraftWriter(resolve(path));
    if (existsSync(writer.#target)) throw new UsageError(`${path} exists already; a draft is never written over`);
    if (existsSync(writer.#aside)) {
      throw new UsageError(
        `${path}.partial is there: a sealing was interrupted, or is running. Remove it to seal anew`,
      );
    }
    mkdirSync(writer.#aside, { mode: 0o700 });
    mkdirSync(join(writer.#aside, 'files'));
    return writer;
  }

  /** Takes the sealed parts of one file. */
  async file(
    fileId: FileId,
    seal: (take: (part: SealedPart) => Promise<void>) => Promise<readonly Uint8Array[]>,
  ): Promise<void> {
    const path = join(this.#aside, 'files', fileId);
    const handle = await open(path, 'wx', 0o600);
    try {
      const leafHashes = await seal(async ({ number, bytes }) => {
        await writeFully(handle, bytes, (number - 1) * PART_SIZE_BYTES);
      });
      await handle.sync();
      writeDurably(`${path}.leaves`, encodeLeafHashes(leafHashes));
    } finally {
      await handle.close();
    }
  }

  /** The draft has its name, and is durable, on return. */
  finish(draft: Pick<Draft, 'registration' | 'jws'>): void {
    writeDurably(join(this.#aside, 'draft.json'), encodeDraft(draft));
    syncFolder(join(this.#aside, 'files'));
    syncFolder(this.#aside);
    renameSync(this.#aside, this.#target);
    syncFolder(dirname(this.#target));
  }

  /** Takes away what was written. */
  abandon(): void {
    rmSync(this.#aside, { recursive: true, force: true });
  }
}

/** The `draft.json` of a draft; null when the path is not one. */
export function readDraftFile(path: string): Buffer | null {
  return readFileIfThere(join(path, 'draft.json'));
}

/** The sealed files of a draft, read from its folder. */
export class DraftFolder implements DraftFiles {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async parts(file: ManifestFile, take: (part: SealedPart) => Promise<void>): Promise<void> {
    const leafHashes = await this.#leafHashes(file);
    const handle = await this.#open(file);
    const inFlight = new PartsInFlight(take, PARTS_IN_FLIGHT);
    try {
      for (let number = 1; number <= partCount(file.sealedSizeBytes); number++) {
        const bytes = Buffer.allocUnsafe(partSizeBytes(file.sealedSizeBytes, number));
        await readFully(handle, bytes, (number - 1) * PART_SIZE_BYTES, file);
        const digest = digestPart(bytes, nodeSha256);
        requireSame(digest.leafHashes, leafHashes, (number - 1) * CHUNKS_PER_PART, file);
        await inFlight.hand({ number, bytes, ...digest });
      }
    } finally {
      await inFlight.settled().finally(() => handle.close());
    }
  }

  async #leafHashes(file: ManifestFile): Promise<readonly Uint8Array[]> {
    try {
      const leafHashes = decodeLeafHashes(await readFile(join(this.#path, 'files', `${file.id}.leaves`)));
      const root = Buffer.from(chunkTreeRoot(leafHashes, file.sealedSizeBytes)).toString('hex');
      if (root === file.chunkTreeRoot) return leafHashes;
    } catch (cause) {
      if (!(cause instanceof SealingError) && !isSystemError(cause, 'ENOENT')) throw cause;
    }
    throw corrupt(file, `files/${file.id}.leaves does not lead to the root that the manifest signs`);
  }

  async #open(file: ManifestFile): Promise<FileHandle> {
    let handle: FileHandle;
    try {
      handle = await open(join(this.#path, 'files', file.id), 'r');
    } catch (cause) {
      if (isSystemError(cause, 'ENOENT')) throw corrupt(file, `files/${file.id} is missing`);
      throw cause;
    }
    const { size } = await handle.stat();
    if (size === file.sealedSizeBytes) return handle;
    await handle.close();
    throw corrupt(file, `files/${file.id} has ${size} bytes, the manifest says ${file.sealedSizeBytes}`);
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

async function readFully(handle: FileHandle, into: Buffer, position: number, file: ManifestFile): Promise<void> {
  for (let at = 0; at < into.length;) {
    const { bytesRead } = await handle.read(into, at, into.length - at, position + at);
    if (bytesRead === 0) throw corrupt(file, `files/${file.id} ends too soon`);
    at += bytesRead;
  }
}

function requireSame(
  found: readonly Uint8Array[],
  expected: readonly Uint8Array[],
  from: number,
  file: ManifestFile,
): void {
  for (const [at, leafHash] of found.entries()) {
    const wanted = expected[from + at];
    if (wanted !== undefined && Buffer.compare(leafHash, wanted) === 0) continue;
    throw corrupt(file, `chunk ${from + at} of files/${file.id} is not the one that was sealed`);
  }
}

function corrupt({ name }: ManifestFile, why: string): SealError {
  return new SealError('draft-corrupt', `the draft was altered or damaged: ${why}`, name);
}

function writeDurably(path: string, content: Uint8Array): void {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
