import type { Aead } from './aead.js';
import {
  ChunkNonce,
  PAYLOAD_CHUNK_SIZE_BYTES,
  PAYLOAD_NONCE_SIZE_BYTES,
  SEALED_PAYLOAD_CHUNK_SIZE_BYTES,
  payloadKey,
  sealedSizeBytes,
} from './payload-format.js';
import { room } from './room.js';
import { SealingError } from './sealing-error.js';

/**
 * Seals one plaintext as the object to be stored: 16-byte nonce, then the chunks of C2SP age.md, "Payload".
 *
 * @param fileKey 16 random bytes, of this file alone
 * @param payloadNonce 16 random bytes, of this sealing alone: another plaintext under the same two breaks both
 * @throws SealingError 'bad-file-key', 'bad-nonce'
 */
export function sealPayload(fileKey: Uint8Array, payloadNonce: Uint8Array, aead: Aead): PayloadSealer {
  return new PayloadSealer(fileKey, payloadNonce, aead);
}

/**
 * Takes plaintext in pieces of any size and puts out the sealed object in order. A piece is sealed into one buffer, at
 * most 64 KiB of it being copied: 1 MiB and more a call is what makes it fast. Only a chunk known not to be the last is
 * put out by `update`.
 */
export class PayloadSealer {
  readonly #key: Uint8Array;
  readonly #aead: Aead;
  readonly #nonce = new ChunkNonce(0);
  readonly #payloadNonce: Uint8Array;
  readonly #held = new Uint8Array(PAYLOAD_CHUNK_SIZE_BYTES);
  #heldBytes = 0;
  #begun = false;
  #finished = false;

  constructor(fileKey: Uint8Array, payloadNonce: Uint8Array, aead: Aead) {
    this.#key = payloadKey(fileKey, payloadNonce);
    this.#payloadNonce = new Uint8Array(payloadNonce);
    this.#aead = aead;
  }

  /** Size of what `update` will return for this many bytes more. */
  outputSizeBytes(inputSizeBytes: number): number {
    const fullChunks = Math.max(0, Math.ceil((this.#heldBytes + inputSizeBytes) / PAYLOAD_CHUNK_SIZE_BYTES) - 1);
    return (this.#begun ? 0 : PAYLOAD_NONCE_SIZE_BYTES) + fullChunks * SEALED_PAYLOAD_CHUNK_SIZE_BYTES;
  }

  /**
   * Seals more plaintext.
   *
   * @param out memory to use again for the result, at least `outputSizeBytes(plaintext.length)`; must not overlap `plaintext`
   * @returns the sealed bytes that are certain now: the start of `out`, or new memory
   * @throws SealingError 'finished'
   */
  update(plaintext: Uint8Array, out?: Uint8Array): Uint8Array {
    this.#refuseIfFinished();
    const sealed = room(this.outputSizeBytes(plaintext.length), out);
    let written = this.#begin(sealed);
    let taken = 0;
    if (this.#heldBytes > 0) {
      taken = this.#hold(plaintext.subarray(0, PAYLOAD_CHUNK_SIZE_BYTES - this.#heldBytes));
      if (taken === plaintext.length) return sealed;
      written = this.#seal(this.#held, sealed, written);
      this.#heldBytes = 0;
    }
    for (; plaintext.length - taken > PAYLOAD_CHUNK_SIZE_BYTES; taken += PAYLOAD_CHUNK_SIZE_BYTES) {
      written = this.#seal(plaintext.subarray(taken, taken + PAYLOAD_CHUNK_SIZE_BYTES), sealed, written);
    }
    this.#hold(plaintext.subarray(taken));
    return sealed;
  }

  /** Seals the final chunk. @returns the rest of the object. @throws SealingError 'finished' */
  finish(): Uint8Array {
    this.#refuseIfFinished();
    this.#finished = true;
    const nonceSize = this.#begun ? PAYLOAD_NONCE_SIZE_BYTES : 0;
    const sealed = new Uint8Array(sealedSizeBytes(this.#heldBytes) - nonceSize);
    const written = this.#begin(sealed);
    const last = this.#held.subarray(0, this.#heldBytes);
    this.#aead.seal(this.#key, this.#nonce.set(true), last, sealed.subarray(written));
    return sealed;
  }

  #begin(out: Uint8Array): number {
    if (this.#begun) return 0;
    this.#begun = true;
    out.set(this.#payloadNonce);
    return PAYLOAD_NONCE_SIZE_BYTES;
  }

  #hold(plaintext: Uint8Array): number {
    this.#held.set(plaintext, this.#heldBytes);
    this.#heldBytes += plaintext.length;
    return plaintext.length;
  }

  #seal(chunk: Uint8Array, out: Uint8Array, at: number): number {
    const end = at + SEALED_PAYLOAD_CHUNK_SIZE_BYTES;
    this.#aead.seal(this.#key, this.#nonce.set(false), chunk, out.subarray(at, end));
    this.#nonce.advance();
    return end;
  }

  #refuseIfFinished(): void {
    if (this.#finished) throw new SealingError('finished', 'the payload is sealed already');
  }
}
