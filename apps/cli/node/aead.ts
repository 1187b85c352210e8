import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Aead } from '#domain/sealing';
import { TAG_SIZE_BYTES } from '#domain/sealing';

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_SIZE_BYTES };

/** OpenSSL's ChaCha20-Poly1305. Its only memory beside `out` is the buffer Node makes for each `update`. */
export const nodeAead: Aead = {
  seal(key, nonce, plaintext, out = new Uint8Array(plaintext.length + TAG_SIZE_BYTES)) {
    checkSize(out, plaintext.length + TAG_SIZE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
    out.set(cipher.update(plaintext));
    cipher.final();
    out.set(cipher.getAuthTag(), plaintext.length);
    return out;
  },

  open(key, nonce, sealed, out = new Uint8Array(Math.max(0, sealed.length - TAG_SIZE_BYTES))) {
    const sizeBytes = sealed.length - TAG_SIZE_BYTES;
    checkSize(out, sizeBytes);
    const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS);
    decipher.setAuthTag(sealed.subarray(sizeBytes));
    const plaintext = decipher.update(sealed.subarray(0, sizeBytes));
    decipher.final(); // throws on a wrong tag, before anything reaches `out`
    out.set(plaintext);
    return out;
  },
};

function checkSize(out: Uint8Array, sizeBytes: number): void {
  if (out.length !== sizeBytes) throw new RangeError(`the output has ${out.length} bytes, not ${sizeBytes}`);
}
