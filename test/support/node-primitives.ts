import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import type { Aead, ChunkHasher } from '#domain/sealing';

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: 16 };

/** OpenSSL's ciphers and hashes for tests of pure code, which has them passed in. */
export const testAead: Aead = {
  seal(key, nonce, plaintext, out = new Uint8Array(plaintext.length + 16)) {
    const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS);
    out.set(cipher.update(plaintext));
    cipher.final();
    out.set(cipher.getAuthTag(), plaintext.length);
    return out;
  },
  open(key, nonce, sealed, out = new Uint8Array(sealed.length - 16)) {
    const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS);
    decipher.setAuthTag(sealed.subarray(-16));
    const plaintext = decipher.update(sealed.subarray(0, -16));
    decipher.final();
    out.set(plaintext);
    return out;
  },
};

export const testSha256 = nativeHash('sha256');
export const testFurtherHashes = { md5: nativeHash('md5'), sha1: nativeHash('sha1'), sha512: nativeHash('sha512') };

function nativeHash(name: string): ChunkHasher {
  return { create: () => createHash(name) };
}
