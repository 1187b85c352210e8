import { ChunkTreeBuilder, type ChunkHasher } from '#domain/sealing';
import type { Bytes } from './ports.js';

/** The two digests a bag has of each file. */
export interface DigestPair {
  readonly sha256: Uint8Array;
  readonly sha512: Uint8Array;
}

/** A file to be hashed in one reading. */
export interface FileToMeasure {
  /** In the package: a hasher with threads opens the file there by itself. */
  readonly path: string;
  readonly open: () => Bytes;
  /** Given for evidence: the chunk tree is over what follows these bytes. */
  readonly headerSizeBytes?: number;
}

export interface Measured extends DigestPair {
  readonly sizeBytes: number;
  /** Root of the chunk tree; null when none was asked for or nothing follows the header. */
  readonly chunkTreeRoot: Uint8Array | null;
}

/**
 * The bulk work of verifying, passed in. It is asynchronous, gets whole files and may have several at once, so that a place with
 * threads puts them to work; nothing else in verifying grows with the evidence.
 */
export interface PackageHasher {
  /** Files that it can work at in parallel, at least 1. */
  readonly parallelism: number;
  /** Reads the file once, to its end or until `signal` aborts. @throws what `open` throws, the signal's reason */
  measure(file: FileToMeasure, signal: AbortSignal): Promise<Measured>;
}

/** Incremental SHA-256 and SHA-512, native where there are. */
export interface Hashers {
  readonly sha256: ChunkHasher;
  readonly sha512: ChunkHasher;
}

/** Hashes one file at a time where it is called. */
export function inlineHasher(hashers: Hashers): PackageHasher {
  return { parallelism: 1, measure: (file, signal) => measure(file, hashers, signal) };
}

/** Both digests of what is given in pieces. */
export class PairHash {
  readonly #sha256: ReturnType<ChunkHasher['create']>;
  readonly #sha512: ReturnType<ChunkHasher['create']>;

  constructor({ sha256, sha512 }: Hashers) {
    this.#sha256 = sha256.create();
    this.#sha512 = sha512.create();
  }

  update(bytes: Uint8Array): void {
    this.#sha256.update(bytes);
    this.#sha512.update(bytes);
  }

  digest(): DigestPair {
    return { sha256: new Uint8Array(this.#sha256.digest()), sha512: new Uint8Array(this.#sha512.digest()) };
  }
}

async function measure(
  { open, headerSizeBytes }: FileToMeasure,
  hashers: Hashers,
  signal: AbortSignal,
): Promise<Measured> {
  const pair = new PairHash(hashers);
  const tree = headerSizeBytes === undefined ? null : new ChunkTreeBuilder(hashers.sha256);
  let headerLeft = headerSizeBytes ?? 0;
  let sizeBytes = 0;
  for await (const piece of open()) {
    signal.throwIfAborted();
    pair.update(piece);
    tree?.update(piece.subarray(Math.min(headerLeft, piece.length)));
    headerLeft = Math.max(0, headerLeft - piece.length);
    sizeBytes += piece.length;
  }
  const hasContent = tree !== null && sizeBytes > (headerSizeBytes ?? 0);
  return { ...pair.digest(), sizeBytes, chunkTreeRoot: hasContent ? tree.finish().root : null };
}
