import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import type { Aead } from '#domain/sealing';

/** ChaCha20-Poly1305 in JavaScript: what a Web Worker may use, and what tests of the pure layers do. */
export const nobleAead: Aead = {
  seal: (key, nonce, plaintext, out) => chacha20poly1305(key, nonce).encrypt(plaintext, out),
  open: (key, nonce, sealed, out) => chacha20poly1305(key, nonce).decrypt(sealed, out),
};
