import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { CHUNK_SIZE_BYTES } from '#domain/evidence';
import type { ManifestFile } from '#domain/manifest';
import {
  type Aead,
  ChunkChecker,
  type ChunkHasher,
  PAYLOAD_CHUNK_SIZE_BYTES,
  PAYLOAD_NONCE_SIZE_BYTES,
  type PayloadOpener,
  SealingError,
  openPayload,
  payloadChunkOffsetBytes,
} from '#domain/sealing';
import { FetchError } from './fetch-error.js';

/** What of a stored object is fetched next when so much of its plaintext is there already. */
export interface FetchStart {
  /** Plaintext that is kept: a whole number of payload chunks. */
  readonly plainBytes: number;
  /** Where in the stored object to begin: a whole number of 1 MiB chunks. */
  readonly storedBytes: number;
}

/** Where to begin, given how much an earlier attempt left. Never at the end: the final chunk tells that nothing was cut off. */
export function fetchStart(leftBytes: number, { sizeBytes }: Pick<ManifestFile, 'sizeBytes'>): FetchStart {
  const lastChunk = Math.max(0, Math.ceil(sizeBytes / PAYLOAD_CHUNK_SIZE_BYTES) - 1);
  const chunk = Math.min(Math.floor(leftBytes / PAYLOAD_CHUNK_SIZE_BYTES), lastChunk);
  if (chunk === 0) return { plainBytes: 0, storedBytes: 0 };
  const storedChunk = Math.floor(payloadChunkOffsetBytes(chunk) / CHUNK_SIZE_BYTES);
  return { plainBytes: chunk * PAYLOAD_CHUNK_SIZE_BYTES, storedBytes: storedChunk * CHUNK_SIZE_BYTES };
}

/** What opens one file. */
export interface OpenerKeys {
  readonly fileKey: Uint8Array;
  /** The object's first 16 bytes; null when the object is taken from its start. */
  readonly payloadNonce: Uint8Array | null;
  /** Of the whole object, already checked to lead to the signed root. */
  readonly leafHashes: readonly Uint8Array[];
}

/**
 * Takes a stored object from `start` on, in order, and gives plaintext: each 1 MiB chunk is checked against its leaf hash
 * before a byte of it is deciphered.
 */
export class WindowOpener {
  readonly #checker: ChunkChecker;
  readonly #opener: PayloadOpener;
  readonly #file: ManifestFile;
  #isNonceChecked: boolean;
  #skipBytes: number;
  #leftBytes: number;

  /** @throws FetchError 'cannot-open' when the nonce is not the one that the manifest signs */
  constructor(file: ManifestFile, keys: OpenerKeys, start: FetchStart, aead: Aead, hasher: ChunkHasher) {
    const { fileKey, payloadNonce, leafHashes } = keys;
    const fromChunk = start.plainBytes / PAYLOAD_CHUNK_SIZE_BYTES;
    this.#file = file;
    this.#checker = new ChunkChecker(leafHashes, hasher, start.storedBytes / CHUNK_SIZE_BYTES);
    this.#leftBytes = file.sealedSizeBytes - start.storedBytes;
    this.#skipBytes = payloadNonce === null ? 0 : payloadChunkOffsetBytes(fromChunk) - start.storedBytes;
    const range = payloadNonce === null ? undefined : { payloadNonce, fromChunk, reachesEnd: true };
    this.#opener = openPayload(fileKey, aead, range);
    this.#isNonceChecked = payloadNonce !== null;
    if (payloadNonce !== null) this.#checkNonce(payloadNonce);
  }

  /**
   * Opens the next run of whole chunks, or the rest.
   *
   * @param put takes plaintext in order; its memory is good until it returns
   * @param scratch memory to decipher into, at least `SCRATCH_SIZE_BYTES`
   * @throws FetchError 'chunk-mismatch', 'cannot-open'
   */
  open(window: Uint8Array, put: (plaintext: Uint8Array) => void, scratch: Uint8Array): void {
    for (let at = 0; at < window.length; at += CHUNK_SIZE_BYTES) {
      const chunk = window.subarray(at, at + CHUNK_SIZE_BYTES);
      this.#leftBytes -= chunk.length;
      const isLast = this.#leftBytes === 0;
      this.#told(() => {
        this.#checker.update(chunk);
        if (isLast) this.#checker.finish();
        if (!this.#isNonceChecked) this.#checkNonce(chunk.subarray(0, PAYLOAD_NONCE_SIZE_BYTES));
        put(this.#opener.update(chunk.subarray(this.#skipBytes), scratch));
        this.#skipBytes = 0;
        if (isLast) put(this.#opener.finish());
      });
    }
  }

  #checkNonce(payloadNonce: Uint8Array): void {
    this.#isNonceChecked = true;
    if (bytesToHex(sha256(payloadNonce)) === this.#file.payloadNonceSha256) return;
    throw new FetchError('cannot-open', 'its payload nonce is not the one that was signed', this.#file.name);
  }

  #told(act: () => void): void {
    try {
      act();
    } catch (cause) {
      if (!(cause instanceof SealingError)) throw cause;
      throw new FetchError(
        cause.code === 'chunk-mismatch' ? 'chunk-mismatch' : 'cannot-open',
        cause.message,
        this.#file.name,
      );
    }
  }
}

/** Room for the plaintext of one chunk and of what was held back before it. */
export const SCRATCH_SIZE_BYTES = CHUNK_SIZE_BYTES + 2 * PAYLOAD_CHUNK_SIZE_BYTES;
