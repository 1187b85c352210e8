import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  formatSigningKey,
  formatVerifierKey,
  parseSigningKey,
  parseVerifierKey,
  signingKey,
  verifierKey,
} from './note-key.js';

// The example of Go's golang.org/x/mod/sumdb/note; and a cosigner's key made with Python's cryptography.
const LOG = {
  public: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  private: 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
};
const WITNESS = {
  public: 'witness.example/w1+e75f6532+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4',
  private: 'PRIVATE+KEY+witness.example/w1+e75f6532+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f',
};
const refused = expect.objectContaining({ name: 'ProofError' });

describe('keys of notes', () => {
  it.each([
    [LOG.public, 'PeterNeumann', 'c74f20a3', 'ed25519'],
    [WITNESS.public, 'witness.example/w1', 'e75f6532', 'cosignature-v1'],
  ])('%s is read and written', (text, name, id, type) => {
    const key = parseVerifierKey(text);
    expect([key.name, key.id, key.type]).toEqual([name, id, type]);
    expect(formatVerifierKey(key)).toBe(text);
  });

  it.each([LOG, WITNESS])('a signing key leads to its verifier key: %j', (pair) => {
    expect(formatVerifierKey(parseSigningKey(pair.private).verifier)).toBe(pair.public);
  });

  it('come back as they went', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => !/[\s+\u0085\x00-\x1f]/u.test(text));
    const type = fc.constantFrom('ed25519' as const, 'cosignature-v1' as const);
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(name, type, key, (name, type, key) => {
        const verifier = verifierKey(name, type, key);
        expect(parseVerifierKey(formatVerifierKey(verifier))).toEqual(verifier);
        expect(parseSigningKey(formatSigningKey(name, type, key)).verifier).toEqual(
          signingKey(name, type, key).verifier,
        );
      }),
      { numRuns: 50 },
    );
  });

  it('are refused with any one character changed', () => {
    for (const golden of [LOG.public, WITNESS.public]) {
      for (const changed of mutations(golden)) expect(() => parseVerifierKey(changed)).toThrow(refused);
    }
    for (const changed of mutations(LOG.private)) expect(() => parseSigningKey(changed)).toThrow(refused);
  });

  it('are refused with any one character left out or doubled', () => {
    for (let at = 0; at < LOG.public.length; at++) {
      expect(() => parseVerifierKey(LOG.public.slice(0, at) + LOG.public.slice(at + 1))).toThrow(refused);
      expect(() => parseVerifierKey(LOG.public.slice(0, at + 1) + LOG.public.slice(at))).toThrow(refused);
    }
  });

  const seed = new Uint8Array(32);
  it.each(['', 'a b', 'a+b', 'a\tb', 'a\nb', 'a\u00a0b', 'a\u0085b', 'a\u2003b', 'a\u3000b', 'a\u0000b', 'a\ud800b'])(
    'have no name like %j',
    (name) => {
      expect(() => verifierKey(name, 'ed25519', seed)).toThrow(expect.objectContaining({ code: 'malformed-key' }));
      expect(() => signingKey(name, 'ed25519', seed)).toThrow(expect.objectContaining({ code: 'malformed-key' }));
    },
  );

  it.each([0, 31, 33, 64])('have no seed and no public key of %d bytes', (length) => {
    const key = new Uint8Array(length);
    expect(() => verifierKey('a', 'ed25519', key)).toThrow(expect.objectContaining({ code: 'malformed-key' }));
    expect(() => signingKey('a', 'ed25519', key)).toThrow(expect.objectContaining({ code: 'malformed-key' }));
  });

  it.each([
    ['nothing', '', 'malformed-key'],
    ['no id', 'PeterNeumann+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'malformed-key'],
    ['an upper-case id', LOG.public.replace('c74f20a3', 'C74F20A3'), 'malformed-key'],
    ['another name', LOG.public.replace('Peter', 'Petra'), 'malformed-key'],
    ['a newline after it', `${LOG.public}\n`, 'malformed-key'],
    ['a space before it', ` ${LOG.public}`, 'malformed-key'],
    ['base64url', LOG.public.replace('/', '_'), 'malformed-key'],
    ['no key material', 'PeterNeumann+c74f20a3+', 'malformed-key'],
    ['a type alone', 'PeterNeumann+c74f20a3+AQ==', 'malformed-key'],
    ['an ECDSA type', 'PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'unsupported-key-type'],
    ['a tree head type', 'PeterNeumann+c74f20a3+BRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW', 'unsupported-key-type'],
    [
      'a type not assigned',
      'PeterNeumann+c74f20a3+Bxpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      'unsupported-key-type',
    ],
    [
      'an ML-DSA type over 32 bytes',
      'PeterNeumann+c74f20a3+Bhpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
      'malformed-key',
    ],
    ['a signing key', LOG.private, 'malformed-key'],
  ])('are refused with %s', (_, text, code) => {
    expect(() => parseVerifierKey(text)).toThrow(expect.objectContaining({ code }));
  });

  it('a verifier key is no signing key', () => {
    expect(() => parseSigningKey(LOG.public)).toThrow(expect.objectContaining({ code: 'malformed-key' }));
    expect(() => parseSigningKey(`PRIVATE+KEY+${LOG.public}`)).toThrow(
      expect.objectContaining({ code: 'malformed-key' }),
    );
  });

  it('a signing key does not show its seed when printed, and outlives the buffer it came from', () => {
    const seed = Uint8Array.from({ length: 32 }, (_, at) => at);
    const key = signingKey('a', 'ed25519', seed);
    const before = key.sign(Uint8Array.of(1));
    seed.fill(0);
    expect(key.sign(Uint8Array.of(1))).toEqual(before);
    expect(inspect(key, { depth: 9 })).not.toMatch(/\b4,\s+5,\s+6,\s+7,/);
    expect(JSON.stringify(key)).not.toMatch(/"4":4,"5":5,"6":6/);
    const wrong = LOG.private.replace('c74f20a3', 'c74f20a4');
    expect(() => parseSigningKey(wrong)).toThrow(/^(?!.*AYEK).*$/);
  });
});

function mutations(text: string): string[] {
  const replacements = ['+', 'A', 'a', '0', '/', '=', ' ', '\n', 'é', 'B', 'b', '1'];
  return Array.from(text).flatMap((character, at) =>
    replacements
      .filter((replacement) => replacement !== character)
      .map((replacement) => text.slice(0, at) + replacement + text.slice(at + 1)),
  );
}
