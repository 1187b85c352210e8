import { CHUNK_SIZE_BYTES } from '#domain/evidence';
import { rootOf } from '#domain/merkle';
import { SealingError } from './sealing-error.js';

const LEAF_HASH_SIZE_BYTES = 32;
const LEAF_PREFIX = new Uint8Array([0]);

/** SHA-256, incremental, passed in: native where there is one. @noble/hashes' `sha256` is one as it stands. */
export interface ChunkHasher {
  create(): { update(bytes: Uint8Array): unknown; digest(): Uint8Array };
}

/** RFC 6962 tree over a stored object in 1 MiB leaves, the last of which may be short. */
export interface ChunkTree {
  readonly root: Uint8Array;
  readonly leafHashes: readonly Uint8Array[];
  readonly sizeBytes: number;
}

/** Hashes a stored object, in pieces of any size, into its chunk tree. */
export class ChunkTreeBuilder {
  readonly #leaves: LeafHashes;
  readonly #leafHashes: Uint8Array[] = [];

  constructor(hasher: ChunkHasher) {
    this.#leaves = new LeafHashes(hasher, (leafHash) => this.#leafHashes.push(leafHash));
  }

  update(stored: Uint8Array): void {
    this.#leaves.update(stored);
  }

  /** @throws SealingError 'bad-size' when there was nothing: a stored object is never empty */
  finish(): ChunkTree {
    const sizeBytes = this.#leaves.finish();
    if (sizeBytes === 0) throw new SealingError('bad-size', 'a stored object is never empty');
    return { root: rootOf(this.#leafHashes), leafHashes: this.#leafHashes, sizeBytes };
  }
}

/** Checks a stored object, or a run of it that begins with a chunk, against its leaf hashes while it passes by. */
export class ChunkChecker {
  readonly #leaves: LeafHashes;
  readonly #leafHashes: readonly Uint8Array[];
  #chunk: number;

  /**
   * @param leafHashes of the whole object; that they lead to the root the manifest signs is for the caller to see to
   * @param fromChunk index, from 0, of the chunk that the bytes begin with
   */
  constructor(leafHashes: readonly Uint8Array[], hasher: ChunkHasher, fromChunk = 0) {
    this.#leafHashes = leafHashes;
    this.#chunk = fromChunk;
    this.#leaves = new LeafHashes(hasher, (leafHash) => this.#check(leafHash));
  }

  /** @throws SealingError 'chunk-mismatch' at the first whole chunk that is not the one expected */
  update(stored: Uint8Array): void {
    this.#leaves.update(stored);
  }

  /** Checks the last chunk. @returns index of the chunk after it. @throws SealingError 'chunk-mismatch' */
  finish(): number {
    this.#leaves.finish();
    return this.#chunk;
  }

  #check(leafHash: Uint8Array): void {
    const expected = this.#leafHashes[this.#chunk];
    if (expected?.every((byte, at) => byte === leafHash[at]) !== true) {
      throw new SealingError('chunk-mismatch', `chunk ${this.#chunk} is not the one that was sealed`, this.#chunk);
    }
    this.#chunk += 1;
  }
}

/** The root of leaf hashes that came from elsewhere. @throws SealingError 'bad-leaves' when they are not as many as the size asks */
export function chunkTreeRoot(leafHashes: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  if (sizeBytes < 1 || leafHashes.length !== Math.ceil(sizeBytes / CHUNK_SIZE_BYTES)) {
    throw new SealingError(
      'bad-leaves',
      `${leafHashes.length} chunks are not those of an object of ${sizeBytes} bytes`,
    );
  }
  return rootOf([...leafHashes]);
}

/**
 * Checks a run of a stored object against the leaf hashes of the whole.
 *
 * @param range whole chunks, or such as end with the object
 * @throws SealingError 'chunk-mismatch' naming the first that is wrong
 */
export function checkChunks(
  range: { readonly fromChunk: number; readonly bytes: Uint8Array },
  leafHashes: readonly Uint8Array[],
  hasher: ChunkHasher,
): void {
  const checker = new ChunkChecker(leafHashes, hasher, range.fromChunk);
  checker.update(range.bytes);
  checker.finish();
}

/** Leaf hashes as they are kept beside the object: 32 bytes a chunk. */
export function encodeLeafHashes(leafHashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(leafHashes.length * LEAF_HASH_SIZE_BYTES);
  for (const [chunk, leafHash] of leafHashes.entries()) bytes.set(leafHash, chunk * LEAF_HASH_SIZE_BYTES);
  return bytes;
}

/** Views of what `encodeLeafHashes` wrote. @throws SealingError 'bad-leaves' */
export function decodeLeafHashes(bytes: Uint8Array): Uint8Array[] {
  if (bytes.length === 0 || bytes.length % LEAF_HASH_SIZE_BYTES !== 0) {
    throw new SealingError('bad-leaves', 'leaf hashes are 32 bytes each');
  }
  return Array.from({ length: bytes.length / LEAF_HASH_SIZE_BYTES }, (_, chunk) =>
    bytes.subarray(chunk * LEAF_HASH_SIZE_BYTES, (chunk + 1) * LEAF_HASH_SIZE_BYTES),
  );
}

/** SHA-256(0x00 ‖ chunk) of each 1 MiB in turn (RFC 6962 §2.1), of a stream. */
class LeafHashes {
  readonly #hasher: ChunkHasher;
  readonly #emit: (leafHash: Uint8Array) => void;
  #hash: ReturnType<ChunkHasher['create']> | undefined;
  #chunkBytes = 0;
  #sizeBytes = 0;

  constructor(hasher: ChunkHasher, emit: (leafHash: Uint8Array) => void) {
    this.#hasher = hasher;
    this.#emit = emit;
  }

  update(stored: Uint8Array): void {
    for (let at = 0; at < stored.length;) {
      const part = stored.subarray(at, at + CHUNK_SIZE_BYTES - this.#chunkBytes);
      if (this.#hash === undefined) {
        this.#hash = this.#hasher.create();
        this.#hash.update(LEAF_PREFIX);
      }
      this.#hash.update(part);
      this.#chunkBytes += part.length;
      at += part.length;
      if (this.#chunkBytes === CHUNK_SIZE_BYTES) this.#endChunk();
    }
    this.#sizeBytes += stored.length;
  }

  finish(): number {
    this.#endChunk();
    return this.#sizeBytes;
  }

  #endChunk(): void {
    if (this.#hash === undefined) return;
    const leafHash = new Uint8Array(this.#hash.digest());
    this.#hash = undefined;
    this.#chunkBytes = 0;
    this.#emit(leafHash);
  }
}
