import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { TAG_SIZE_BYTES } from './aead.js';
import { FILE_KEY_SIZE_BYTES } from './file-key.js';
import { SealingError } from './sealing-error.js';

/** Random bytes at the start of a payload. */
export const PAYLOAD_NONCE_SIZE_BYTES = 16;

/** Plaintext in each payload chunk but the last. Not the leaf of the chunk tree, which is 1 MiB of the stored object. */
export const PAYLOAD_CHUNK_SIZE_BYTES = 64 * 1024;

/** The same sealed. */
export const SEALED_PAYLOAD_CHUNK_SIZE_BYTES = PAYLOAD_CHUNK_SIZE_BYTES + TAG_SIZE_BYTES;

const PAYLOAD_LABEL = utf8ToBytes('payload');

/** The key of a payload's chunks, 32 bytes. C2SP age.md, "Payload". @throws SealingError 'bad-file-key', 'bad-nonce' */
export function payloadKey(fileKey: Uint8Array, payloadNonce: Uint8Array): Uint8Array {
  if (fileKey.length !== FILE_KEY_SIZE_BYTES) throw new SealingError('bad-file-key', 'a file key is 16 bytes');
  if (payloadNonce.length !== PAYLOAD_NONCE_SIZE_BYTES)
    throw new SealingError('bad-nonce', 'a payload nonce is 16 bytes');
  return hkdf(sha256, fileKey, payloadNonce, PAYLOAD_LABEL, 32);
}

/** Size of the stored object for a plaintext of this size: nonce, plaintext, a tag a chunk. Nothing seals to 32 bytes. */
export function sealedSizeBytes(plainSizeBytes: number): number {
  if (!Number.isSafeInteger(plainSizeBytes) || plainSizeBytes < 0) throw new SealingError('bad-size', 'not a size');
  const chunks = Math.max(1, Math.ceil(plainSizeBytes / PAYLOAD_CHUNK_SIZE_BYTES));
  return PAYLOAD_NONCE_SIZE_BYTES + plainSizeBytes + TAG_SIZE_BYTES * chunks;
}

/** Size of the plaintext in a stored object of this size. @throws SealingError 'bad-size' when no object has it */
export function plainSizeBytes(sealedSize: number): number {
  const chunks = Math.ceil((sealedSize - PAYLOAD_NONCE_SIZE_BYTES) / SEALED_PAYLOAD_CHUNK_SIZE_BYTES);
  const plainSize = sealedSize - PAYLOAD_NONCE_SIZE_BYTES - TAG_SIZE_BYTES * chunks;
  if (!Number.isSafeInteger(sealedSize) || chunks < 1 || plainSize < 0 || sealedSizeBytes(plainSize) !== sealedSize) {
    throw new SealingError('bad-size', 'no sealed object has this size');
  }
  return plainSize;
}

/** Where in the stored object payload chunk `chunk` (from 0) begins. */
export function payloadChunkOffsetBytes(chunk: number): number {
  return PAYLOAD_NONCE_SIZE_BYTES + chunk * SEALED_PAYLOAD_CHUNK_SIZE_BYTES;
}

/** The AEAD nonce of each chunk in turn: an 11-byte big-endian counter and a byte that marks the final chunk. */
export class ChunkNonce {
  readonly bytes = new Uint8Array(12);
  readonly #view = new DataView(this.bytes.buffer);
  #chunk: number;

  constructor(firstChunk: number) {
    this.#chunk = firstChunk;
  }

  get chunk(): number {
    return this.#chunk;
  }

  /** Sets `bytes` for the current chunk. 2^53 chunks are 512 EiB: the counter's upper bytes stay zero. */
  set(isFinal: boolean): Uint8Array {
    this.#view.setUint32(3, Math.floor(this.#chunk / 2 ** 32));
    this.#view.setUint32(7, this.#chunk % 2 ** 32);
    this.bytes[11] = isFinal ? 1 : 0;
    return this.bytes;
  }

  advance(): void {
    this.#chunk += 1;
  }
}
