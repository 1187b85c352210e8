/**
 * ChaCha20-Poly1305 (RFC 8439) without associated data, passed in so that each place uses its fastest: `node:crypto` in
 * the CLI, @noble/ciphers or WASM in a Web Worker.
 *
 * `out`, when given, takes the result and has exactly its size; it must not overlap the input. Neither keeps what it is
 * given: the caller may change `nonce`, the input and `out` after the call.
 */
export interface Aead {
  /** @returns ciphertext ‖ 16-byte tag: `out`, or new memory. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, out?: Uint8Array): Uint8Array;
  /** @returns the plaintext: `out`, or new memory. @throws when the tag is wrong; `out` then holds nothing of the plaintext. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, out?: Uint8Array): Uint8Array;
}

export const TAG_SIZE_BYTES = 16;
