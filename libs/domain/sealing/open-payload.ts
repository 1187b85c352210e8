import type { Aead } from './aead.js';
import { TAG_SIZE_BYTES } from './aead.js';
import { checkFileKey } from './header.js';
import {
  ChunkNonce,
  PAYLOAD_CHUNK_SIZE_BYTES,
  PAYLOAD_NONCE_SIZE_BYTES,
  SEALED_PAYLOAD_CHUNK_SIZE_BYTES,
  payloadKey,
} from './payload-format.js';
import { room } from './room.js';
import { SealingError } from './sealing-error.js';

/** A run of whole payload chunks, for what is not opened from its start to its end. */
export interface PayloadRange {
  /** The first 16 bytes of the stored object. */
  readonly payloadNonce: Uint8Array;
  /** Index, from 0, of the chunk that the bytes begin with: at `payloadChunkOffsetBytes(fromChunk)` of the object. */
  readonly fromChunk: number;
  /** Whether the bytes run to the end of the object, so that their last chunk must be its final one. */
  readonly reachesEnd: boolean;
}

/**
 * Opens a stored object: from its nonce to its end, or `range` of its chunks.
 *
 * @throws SealingError 'bad-file-key', 'bad-nonce', 'bad-size'
 */
export function openPayload(fileKey: Uint8Array, aead: Aead, range?: PayloadRange): PayloadOpener {
  return new PayloadOpener(fileKey, aead, range);
}

/**
 * Takes a sealed object in pieces of any size and puts out its plaintext in order, each chunk only after it
 * authenticated. The plaintext is whole only once `finish` has returned. Fast with 1 MiB and more a call.
 */
export class PayloadOpener {
  readonly #fileKey: Uint8Array;
  readonly #aead: Aead;
  readonly #nonce: ChunkNonce;
  readonly #reachesEnd: boolean;
  readonly #payloadNonce = new Uint8Array(PAYLOAD_NONCE_SIZE_BYTES);
  readonly #held = new Uint8Array(SEALED_PAYLOAD_CHUNK_SIZE_BYTES);
  #payloadNonceBytes = 0;
  #heldBytes = 0;
  #key: Uint8Array | undefined;
  #finished = false;

  constructor(fileKey: Uint8Array, aead: Aead, range?: PayloadRange) {
    checkFileKey(fileKey);
    this.#fileKey = new Uint8Array(fileKey);
    this.#aead = aead;
    this.#reachesEnd = range?.reachesEnd ?? true;
    this.#nonce = new ChunkNonce(range?.fromChunk ?? 0);
    if (range === undefined) return;
    if (!Number.isSafeInteger(range.fromChunk) || range.fromChunk < 0)
      throw new SealingError('bad-size', 'no such chunk');
    this.#key = payloadKey(fileKey, range.payloadNonce);
    this.#payloadNonceBytes = PAYLOAD_NONCE_SIZE_BYTES;
  }

  /** Size of what `update` will return for this many bytes more. */
  outputSizeBytes(inputSizeBytes: number): number {
    const nonceMissing = PAYLOAD_NONCE_SIZE_BYTES - this.#payloadNonceBytes;
    const available = this.#heldBytes + Math.max(0, inputSizeBytes - nonceMissing);
    return Math.max(0, Math.ceil(available / SEALED_PAYLOAD_CHUNK_SIZE_BYTES) - 1) * PAYLOAD_CHUNK_SIZE_BYTES;
  }

  /**
   * Opens more of the object.
   *
   * @param out memory to use again for the result, at least `outputSizeBytes(sealed.length)`; must not overlap `sealed`
   * @returns the plaintext of the chunks that are certain now: the start of `out`, or new memory
   * @throws SealingError 'bad-payload', 'finished'; after either nothing more is opened
   */
  update(sealed: Uint8Array, out?: Uint8Array): Uint8Array {
    this.#refuseIfFinished();
    const plaintext = room(this.outputSizeBytes(sealed.length), out);
    let taken = this.#takeNonce(sealed);
    let written = 0;
    if (this.#heldBytes > 0) {
      taken += this.#hold(sealed.subarray(taken, taken + SEALED_PAYLOAD_CHUNK_SIZE_BYTES - this.#heldBytes));
      if (taken === sealed.length) return plaintext;
      written = this.#open(this.#held, plaintext, written);
      this.#heldBytes = 0;
    }
    for (; sealed.length - taken > SEALED_PAYLOAD_CHUNK_SIZE_BYTES; taken += SEALED_PAYLOAD_CHUNK_SIZE_BYTES) {
      written = this.#open(sealed.subarray(taken, taken + SEALED_PAYLOAD_CHUNK_SIZE_BYTES), plaintext, written);
    }
    this.#hold(sealed.subarray(taken));
    return plaintext;
  }

  /**
   * Opens the last chunk, which must be the object's final one unless the range ends before it.
   *
   * @returns the rest of the plaintext
   * @throws SealingError 'truncated-payload', 'empty-final-chunk', 'bad-payload', 'finished'
   */
  finish(): Uint8Array {
    this.#refuseIfFinished();
    this.#finished = true;
    const { chunk } = this.#nonce;
    const smallest = this.#reachesEnd ? TAG_SIZE_BYTES : SEALED_PAYLOAD_CHUNK_SIZE_BYTES;
    if (this.#key === undefined || this.#heldBytes < smallest) {
      throw new SealingError('truncated-payload', 'the payload ends before its chunk does', chunk);
    }
    if (this.#reachesEnd && this.#heldBytes === TAG_SIZE_BYTES && chunk > 0) {
      throw new SealingError('empty-final-chunk', 'the final chunk of a payload that is not empty is', chunk);
    }
    const plaintext = new Uint8Array(this.#heldBytes - TAG_SIZE_BYTES);
    this.#openChunk(this.#held.subarray(0, this.#heldBytes), plaintext, this.#reachesEnd);
    return plaintext;
  }

  #takeNonce(sealed: Uint8Array): number {
    if (this.#payloadNonceBytes === PAYLOAD_NONCE_SIZE_BYTES) return 0;
    const part = sealed.subarray(0, PAYLOAD_NONCE_SIZE_BYTES - this.#payloadNonceBytes);
    this.#payloadNonce.set(part, this.#payloadNonceBytes);
    this.#payloadNonceBytes += part.length;
    if (this.#payloadNonceBytes === PAYLOAD_NONCE_SIZE_BYTES) this.#key = payloadKey(this.#fileKey, this.#payloadNonce);
    return part.length;
  }

  #hold(sealed: Uint8Array): number {
    this.#held.set(sealed, this.#heldBytes);
    this.#heldBytes += sealed.length;
    return sealed.length;
  }

  #open(chunk: Uint8Array, out: Uint8Array, at: number): number {
    const end = at + PAYLOAD_CHUNK_SIZE_BYTES;
    this.#openChunk(chunk, out.subarray(at, end), false);
    this.#nonce.advance();
    return end;
  }

  #openChunk(chunk: Uint8Array, out: Uint8Array, isFinal: boolean): void {
    try {
      this.#aead.open(this.#key ?? new Uint8Array(0), this.#nonce.set(isFinal), chunk, out);
    } catch {
      this.#finished = true;
      throw new SealingError(
        'bad-payload',
        `payload chunk ${this.#nonce.chunk} does not authenticate`,
        this.#nonce.chunk,
      );
    }
  }

  #refuseIfFinished(): void {
    if (this.#finished) throw new SealingError('finished', 'the payload is opened already, or was refused');
  }
}
