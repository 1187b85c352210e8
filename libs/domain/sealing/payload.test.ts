import { describe, expect, it } from '@jest/globals';
import { concatBytes } from '@noble/hashes/utils.js';
import { Decrypter } from 'age-encryption';
import fc from 'fast-check';
import { nobleAead } from '../../../test/support/noble-aead.js';
import type { SealingErrorCode } from './index.js';
import {
  PAYLOAD_CHUNK_SIZE_BYTES as CHUNK,
  PAYLOAD_NONCE_SIZE_BYTES as NONCE,
  SEALED_PAYLOAD_CHUNK_SIZE_BYTES as SEALED_CHUNK,
  SealingError,
  makeHeader,
  newIdentity,
  openPayload,
  payloadChunkOffsetBytes,
  plainSizeBytes,
  recipientOf,
  sealPayload,
  sealedSizeBytes,
} from './index.js';

const fileKey = new Uint8Array(16).fill(1);
const payloadNonce = new Uint8Array(16).fill(2);

/** Plaintext in which no two chunks are alike. */
function plaintextOf(sizeBytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(sizeBytes / 4)).map((_, at) => Math.imul(at, 0x9e3779b1));
  return new Uint8Array(words.buffer).subarray(0, sizeBytes);
}

function seal(plaintext: Uint8Array, cuts: readonly number[] = []): Uint8Array {
  const sealer = sealPayload(fileKey, payloadNonce, nobleAead);
  return concatBytes(...pieces(plaintext, cuts).map((piece) => sealer.update(piece)), sealer.finish());
}

function open(sealed: Uint8Array, cuts: readonly number[] = []): Uint8Array {
  const opener = openPayload(fileKey, nobleAead);
  return concatBytes(...pieces(sealed, cuts).map((piece) => opener.update(piece)), opener.finish());
}

function pieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, at) => bytes.subarray(places[at], end));
}

/** jest compares arrays item by item, which takes seconds a megabyte. */
function expectSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  expect(Buffer.compare(actual, expected)).toBe(0);
}

function codeOf(act: () => unknown): SealingErrorCode {
  try {
    act();
  } catch (error) {
    if (error instanceof SealingError) return error.code;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Sizes at and around the edges of chunks, which is where framing goes wrong. */
const edgeSizes = [
  0,
  1,
  CHUNK - 1,
  CHUNK,
  CHUNK + 1,
  2 * CHUNK - 1,
  2 * CHUNK,
  2 * CHUNK + 1,
  3 * CHUNK,
  4 * CHUNK + 17,
];
const anySize = fc.oneof(fc.constantFrom(...edgeSizes), fc.nat(4 * CHUNK));
const anyCuts = fc.array(
  fc.oneof(fc.nat(5 * SEALED_CHUNK), fc.constantFrom(CHUNK, SEALED_CHUNK, NONCE, NONCE + SEALED_CHUNK)),
  {
    maxLength: 8,
  },
);

describe('a payload', () => {
  it.each(edgeSizes)('of %d bytes comes back, and has the size foretold', (size) => {
    const plaintext = plaintextOf(size);
    const sealed = seal(plaintext);
    expect(sealed).toHaveLength(sealedSizeBytes(size));
    expect(plainSizeBytes(sealed.length)).toBe(size);
    expectSameBytes(open(sealed), plaintext);
  });

  it('is opened, behind a header, by another implementation', async () => {
    const identity = newIdentity();
    const plaintext = plaintextOf(2 * CHUNK + 5);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const file = concatBytes(makeHeader(fileKey, [recipientOf(identity)], nobleAead), seal(plaintext));
    expectSameBytes(await decrypter.decrypt(file), plaintext);
  });

  it('is the same however the plaintext is cut, and opens however it is cut', () => {
    fc.assert(
      fc.property(anySize, anyCuts, anyCuts, (size, cuts, otherCuts) => {
        const plaintext = plaintextOf(size);
        const sealed = seal(plaintext, cuts);
        expectSameBytes(sealed, seal(plaintext));
        expectSameBytes(open(sealed, otherCuts), plaintext);
      }),
      { numRuns: 40 },
    );
  });

  it('goes into memory that is used again, of exactly the size foretold', () => {
    const plaintext = plaintextOf(5 * CHUNK + 3);
    const cuts = [3, CHUNK, 3 * CHUNK, 3 * CHUNK + 1];
    const out = new Uint8Array(6 * SEALED_CHUNK).fill(0xee);
    const sealer = sealPayload(fileKey, payloadNonce, nobleAead);
    const parts = pieces(plaintext, cuts).map((piece) => {
      const expected = sealer.outputSizeBytes(piece.length);
      const part = sealer.update(piece, out);
      expect(part).toHaveLength(expected);
      expect(part.buffer).toBe(out.buffer);
      return part.slice();
    });
    expectSameBytes(concatBytes(...parts, sealer.finish()), seal(plaintext));
    expect(() => sealPayload(fileKey, payloadNonce, nobleAead).update(plaintext, new Uint8Array(CHUNK))).toThrow(
      RangeError,
    );
  });

  it('opens from any chunk to any other as it does from end to end', () => {
    const plaintext = plaintextOf(4 * CHUNK + 9);
    const sealed = seal(plaintext);
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), anyCuts, (a, b, cuts) => {
        const [fromChunk, lastChunk] = a < b ? [a, b] : [b, a];
        const end = Math.min(payloadChunkOffsetBytes(lastChunk + 1), sealed.length);
        const reachesEnd = lastChunk === 4;
        const opener = openPayload(fileKey, nobleAead, { payloadNonce, fromChunk, reachesEnd });
        const run = pieces(sealed.subarray(payloadChunkOffsetBytes(fromChunk), end), cuts);
        const opened = concatBytes(...run.map((piece) => opener.update(piece)), opener.finish());
        expectSameBytes(opened, plaintext.subarray(fromChunk * CHUNK, (lastChunk + 1) * CHUNK));
      }),
      { numRuns: 40 },
    );
  });

  it('counts its chunks past 2^32', () => {
    const fromChunk = 2 ** 32 + 5;
    const nonces: string[] = [];
    const aead = {
      ...nobleAead,
      open: (_key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array) => {
        nonces.push(Array.from(nonce, (byte) => byte.toString(16).padStart(2, '0')).join(''));
        return sealed;
      },
    };
    const opener = openPayload(fileKey, aead, { payloadNonce, fromChunk, reachesEnd: true });
    opener.update(new Uint8Array(SEALED_CHUNK + 17));
    opener.finish();
    expect(nonces).toEqual(['000000000000010000000500', '000000000000010000000601']);
  });
});

describe('opening refuses', () => {
  const plaintext = plaintextOf(2 * CHUNK + 40);
  const sealed = seal(plaintext);
  const chunk = (index: number): Uint8Array =>
    sealed.subarray(payloadChunkOffsetBytes(index), payloadChunkOffsetBytes(index + 1));
  const nonce = sealed.subarray(0, NONCE);
  const last = (whole: Uint8Array): Uint8Array => whole.subarray(payloadChunkOffsetBytes(2));

  it('a payload with any byte altered', () => {
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), anyCuts, (at, flip, cuts) => {
        const altered = sealed.slice();
        altered[at] = (sealed[at] ?? 0) ^ flip;
        expect(codeOf(() => open(altered, cuts))).toBe('bad-payload');
      }),
      { numRuns: 60 },
    );
  });

  it('a payload cut short anywhere', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(sealed.length - 1), fc.constantFrom(0, NONCE, ...[1, 2].map(payloadChunkOffsetBytes))),
        (size) => {
          expect(['bad-payload', 'truncated-payload']).toContain(codeOf(() => open(sealed.subarray(0, size))));
        },
      ),
      { numRuns: 80 },
    );
  });

  const emptyFinal = nobleAead.seal(
    openedKey(),
    Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1]),
    new Uint8Array(0),
  );
  it.each<[string, Uint8Array, SealingErrorCode]>([
    ['nothing', new Uint8Array(0), 'truncated-payload'],
    ['half a nonce', nonce.subarray(0, 8), 'truncated-payload'],
    ['a nonce alone', nonce, 'truncated-payload'],
    ['less than a tag', concatBytes(nonce, new Uint8Array(15)), 'truncated-payload'],
    ['a byte after the end', concatBytes(sealed, new Uint8Array(1)), 'bad-payload'],
    ['a chunk after the end', concatBytes(sealed, chunk(0)), 'bad-payload'],
    ['the final chunk twice', concatBytes(sealed, last(sealed)), 'bad-payload'],
    ['chunks in another order', concatBytes(nonce, chunk(1), chunk(0), last(sealed)), 'bad-payload'],
    ['a chunk twice', concatBytes(nonce, chunk(0), chunk(0), chunk(1), last(sealed)), 'bad-payload'],
    ['a chunk left out', concatBytes(nonce, chunk(0), last(sealed)), 'bad-payload'],
    ['an end at a whole chunk', concatBytes(nonce, chunk(0), chunk(1)), 'bad-payload'],
    ['an empty final chunk', concatBytes(nonce, chunk(0), chunk(1), emptyFinal), 'empty-final-chunk'],
  ])('%s', (_, payload, code) => {
    expect(codeOf(() => open(payload))).toBe(code);
  });

  it('another file key', () => {
    const opener = openPayload(new Uint8Array(16).fill(9), nobleAead);
    expect(codeOf(() => opener.update(sealed))).toBe('bad-payload');
  });

  it('a range that is not what it says', () => {
    const range = (fromChunk: number, reachesEnd: boolean, bytes: Uint8Array): SealingErrorCode =>
      codeOf(() => {
        const opener = openPayload(fileKey, nobleAead, { payloadNonce, fromChunk, reachesEnd });
        opener.update(bytes);
        opener.finish();
      });
    expect(range(1, false, chunk(0))).toBe('bad-payload');
    expect(range(0, true, chunk(0))).toBe('bad-payload');
    expect(range(2, false, last(sealed))).toBe('truncated-payload');
    expect(range(0, false, chunk(0).subarray(1))).toBe('truncated-payload');
    expect(range(-1, false, chunk(0))).toBe('bad-size');
  });

  it('to go on after a refusal or after the end', () => {
    const opener = openPayload(fileKey, nobleAead);
    const altered = sealed.slice();
    altered[NONCE] = (altered[NONCE] ?? 0) ^ 1;
    expect(codeOf(() => opener.update(altered))).toBe('bad-payload');
    expect(codeOf(() => opener.update(sealed))).toBe('finished');
    expect(codeOf(() => opener.finish())).toBe('finished');
    const sealer = sealPayload(fileKey, payloadNonce, nobleAead);
    sealer.finish();
    expect(codeOf(() => sealer.update(plaintext))).toBe('finished');
    expect(codeOf(() => sealer.finish())).toBe('finished');
  });

  it('keys and nonces of other sizes', () => {
    expect(codeOf(() => sealPayload(new Uint8Array(32), payloadNonce, nobleAead))).toBe('bad-file-key');
    expect(codeOf(() => sealPayload(fileKey, new Uint8Array(12), nobleAead))).toBe('bad-nonce');
    expect(codeOf(() => openPayload(new Uint8Array(32), nobleAead))).toBe('bad-file-key');
  });

  /** The payload key, as an AEAD sees it. */
  function openedKey(): Uint8Array {
    let seen = new Uint8Array(0);
    const spy = {
      ...nobleAead,
      seal: (key: Uint8Array, ...rest: [Uint8Array, Uint8Array]) => (
        (seen = key.slice()),
        nobleAead.seal(key, ...rest)
      ),
    };
    sealPayload(fileKey, payloadNonce, spy).finish();
    return seen;
  }
});

describe('sizes', () => {
  it('are each other’s inverse', () => {
    fc.assert(fc.property(fc.nat(), (size) => expect(plainSizeBytes(sealedSizeBytes(size))).toBe(size)));
  });

  it.each([-1, 0, 16, 31, 1.5, Number.NaN, NONCE + SEALED_CHUNK + 1, NONCE + SEALED_CHUNK + 16, 2 ** 53])(
    'no object has %d bytes',
    (size) => {
      expect(codeOf(() => plainSizeBytes(size))).toBe('bad-size');
    },
  );

  it('32 bytes seal nothing, and 33 one byte', () => {
    expect([sealedSizeBytes(0), sealedSizeBytes(1), sealedSizeBytes(CHUNK), sealedSizeBytes(CHUNK + 1)]).toEqual([
      32, 33, 65568, 65585,
    ]);
  });
});
