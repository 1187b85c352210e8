import { describe, expect, it } from '@jest/globals';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { nodeAead } from './aead.js';

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const plaintext = fc.uint8Array({ maxLength: 300 });

describe('the native cipher', () => {
  it('agrees with @noble/ciphers', () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), plaintext, (key, nonce, message) => {
        const sealed = nodeAead.seal(key, nonce, message);
        expect(sealed).toEqual(chacha20poly1305(key, nonce).encrypt(message));
        expect(nodeAead.open(key, nonce, sealed)).toEqual(message);
        expect(chacha20poly1305(key, nonce).decrypt(sealed)).toEqual(message);
      }),
    );
  });

  it('refuses what was altered or cut, and then leaves the output as it was', () => {
    fc.assert(
      fc.property(
        bytes(32),
        bytes(12),
        plaintext,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (key, nonce, message, at, flip) => {
          const sealed = nodeAead.seal(key, nonce, message);
          const altered = sealed.slice();
          const place = at % sealed.length;
          altered[place] = (sealed[place] ?? 0) ^ flip;
          const out = new Uint8Array(message.length);
          expect(() => nodeAead.open(key, nonce, altered, out)).toThrow();
          expect(out).toEqual(new Uint8Array(message.length));
          expect(() => nodeAead.open(key, nonce, sealed.subarray(0, place))).toThrow();
        },
      ),
    );
  });

  it('writes into the memory given, and takes no other size', () => {
    const [key, nonce, message] = [new Uint8Array(32), new Uint8Array(12), new Uint8Array(5)];
    const out = new Uint8Array(21);
    expect(nodeAead.seal(key, nonce, message, out)).toBe(out);
    expect(() => nodeAead.seal(key, nonce, message, new Uint8Array(20))).toThrow(RangeError);
    expect(() => nodeAead.open(key, nonce, out, new Uint8Array(6))).toThrow(RangeError);
  });
});
