import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { formatCheckpoint } from './checkpoint.js';
import { verifyMlDsa44 } from './ml-dsa-44.js';
import {
  formatSigningKey,
  formatVerifierKey,
  parseSigningKey,
  parseVerifierKey,
  signingKey,
  verifierKey,
} from './note-key.js';
import { cosignNote, openNote, signNote } from './note-signature.js';
import { formatNote, MAX_NOTE_SIGNATURES, parseNote, type NoteSignature } from './note.js';
import { uint64 } from './signature-scheme.js';

const origin = 'custody.example/log/2026a';
const seed = (number: number) => new Uint8Array(32).fill(number);
const root = seed(77);
const text = formatCheckpoint({ origin, size: 1234, root });
const ed25519 = signingKey(origin, 'ed25519', seed(1));
const mlDsa = signingKey(origin, 'ml-dsa-44', seed(2));
const witness = signingKey('witness.example/w1', 'ml-dsa-44', seed(3));

const refused = expect.objectContaining({ name: 'ProofError' });
const badSignature = expect.objectContaining({ code: 'bad-signature' });

const noteOf = (...signatures: NoteSignature[]) => formatNote({ text, signatures });
const changedAt = (bytes: Uint8Array, at: number) => bytes.map((byte, other) => (other === at ? byte ^ 1 : byte));

describe('a key of ML-DSA-44', () => {
  const written = formatVerifierKey(mlDsa.verifier);

  it('is written and read', () => {
    expect(parseVerifierKey(written)).toEqual(mlDsa.verifier);
    expect(parseSigningKey(formatSigningKey(origin, 'ml-dsa-44', seed(2))).verifier).toEqual(mlDsa.verifier);
  });

  it.each([0, 32, 1311, 1313, 2560])('has no public key of %d bytes', (length) => {
    expect(() => verifierKey('a', 'ml-dsa-44', new Uint8Array(length))).toThrow(
      expect.objectContaining({ code: 'malformed-key' }),
    );
  });

  it('has a name of up to 255 bytes, which is what a signature has room for', () => {
    const key = signingKey('é'.repeat(127), 'ml-dsa-44', seed(4));
    openNote(formatNote({ text, signatures: [cosignNote(text, key, 1)] }), [key.verifier]);
    expect(() => signingKey('é'.repeat(128), 'ml-dsa-44', seed(4))).toThrow(
      expect.objectContaining({ code: 'malformed-key' }),
    );
  });

  it('is refused with any one character changed or left out', () => {
    for (let at = 0; at < written.length; at++) {
      const other = written[at] === 'B' ? 'C' : 'B';
      expect(() => parseVerifierKey(written.slice(0, at) + other + written.slice(at + 1))).toThrow(refused);
      expect(() => parseVerifierKey(written.slice(0, at) + written.slice(at + 1))).toThrow(refused);
    }
  });

  it('does not show its seed when printed', () => {
    expect(inspect(mlDsa, { depth: 9 })).not.toMatch(/\b2,\s+2,\s+2,\s+2,/);
  });
});

describe('a note signed with ML-DSA-44', () => {
  it('is the same each time', () => {
    expect(signNote(text, [mlDsa])).toEqual(signNote(text, [mlDsa]));
    expect(openNote(signNote(text, [mlDsa]), [mlDsa.verifier]).signatures).toEqual([
      { kind: 'cosignature', key: mlDsa.verifier, timestampSeconds: 0 },
    ]);
    expect(openNote(signNote(text, [mlDsa], 99), [mlDsa.verifier]).signatures).toMatchObject([
      { timestampSeconds: 99 },
    ]);
  });

  it('carries Ed25519 signatures of the same log beside it; each reader verifies those it knows', () => {
    const note = signNote(text, [ed25519, mlDsa]);
    expect(openNote(note, [ed25519.verifier]).signatures).toHaveLength(1);
    expect(openNote(note, [mlDsa.verifier]).signatures).toHaveLength(1);
    expect(openNote(note, [mlDsa.verifier, ed25519.verifier]).signatures.map(({ key }) => key.type)).toEqual([
      'ed25519',
      'ml-dsa-44',
    ]);
  });

  it('is refused whole when one of the two is forged and known, and not when it is unknown', () => {
    const [first, second] = parseNote(signNote(text, [ed25519, mlDsa])).signatures as [NoteSignature, NoteSignature];
    const forged = noteOf(first, { ...second, bytes: changedAt(second.bytes, 100) });
    expect(() => openNote(forged, [ed25519.verifier, mlDsa.verifier])).toThrow(badSignature);
    expect(openNote(forged, [ed25519.verifier]).signatures).toHaveLength(1);
  });

  it('binds the signer’s name, the time, the origin, the size and the root', () => {
    const signature = cosignNote(text, witness, 1000);
    const renamed = signingKey('witness.example/w2', 'ml-dsa-44', seed(3)).verifier;
    expect(() => openNote(noteOf({ ...signature, name: renamed.name, keyId: renamed.id }), [renamed])).toThrow(
      badSignature,
    );
    const later = { ...signature, bytes: concatBytes(uint64(1001n), signature.bytes.subarray(8)) };
    expect(() => openNote(noteOf(later), [witness.verifier])).toThrow(badSignature);
    for (const other of [
      { origin: 'custody.example/log/2026b', size: 1234, root },
      { origin, size: 1235, root },
      { origin, size: 1234, root: seed(78) },
    ]) {
      const note = formatNote({ text: formatCheckpoint(other), signatures: [signature] });
      expect(() => openNote(note, [witness.verifier])).toThrow(badSignature);
    }
    expect(openNote(noteOf(signature), [witness.verifier]).signatures).toMatchObject([{ timestampSeconds: 1000 }]);
  });

  it('has no extension lines, which the signature would not cover', () => {
    const extended = `${text}extension\n`;
    const unsigned = expect.objectContaining({ code: 'extension-lines' });
    expect(() => signNote(extended, [mlDsa])).toThrow(unsigned);
    expect(() => cosignNote(extended, witness, 1)).toThrow(unsigned);
    const added = formatNote({ text: extended, signatures: parseNote(signNote(text, [mlDsa])).signatures });
    expect(() => openNote(added, [mlDsa.verifier])).toThrow(unsigned);
  });

  it('is a checkpoint', () => {
    expect(() => signNote('hello\n', [mlDsa])).toThrow(expect.objectContaining({ code: 'malformed-checkpoint' }));
    const moved = formatNote({ text: 'hello\n', signatures: parseNote(signNote(text, [mlDsa])).signatures });
    expect(() => openNote(moved, [mlDsa.verifier])).toThrow(badSignature);
    const long = formatCheckpoint({ origin: 'o'.repeat(256), size: 1, root });
    expect(() => cosignNote(long, witness, 1)).toThrow(expect.objectContaining({ code: 'malformed-checkpoint' }));
  });

  it('states a time from 1 to 2^53 − 1 where a witness made it', () => {
    for (const seconds of [1, Number.MAX_SAFE_INTEGER]) {
      const [opened] = openNote(noteOf(cosignNote(text, witness, seconds)), [witness.verifier]).signatures;
      expect(opened).toMatchObject({ timestampSeconds: seconds });
    }
    for (const seconds of [0, -1, 0.5, NaN, 2 ** 53]) {
      expect(() => cosignNote(text, witness, seconds)).toThrow(RangeError);
    }
    expect(() => signNote(text, [mlDsa], -1)).toThrow(RangeError);
    for (const beyond of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
      const { name, id: keyId } = witness.verifier;
      const message = concatBytes(
        utf8ToBytes('subtree/v1\n\0'),
        vector(name),
        uint64(beyond),
        vector(origin),
        uint64(0n),
        uint64(1234n),
        root,
      );
      const bytes = concatBytes(uint64(beyond), witness.sign(message));
      expect(verifyMlDsa44(witness.verifier.publicKey, message, bytes.subarray(8))).toBe(true);
      expect(() => openNote(noteOf({ name, keyId, bytes }), [witness.verifier])).toThrow(badSignature);
    }
  });

  it.each([0, 7, 8, 64, 72, 2420, 2427, 2429])('has no signature of %d bytes', (length) => {
    const { name, id: keyId } = witness.verifier;
    const whole = cosignNote(text, witness, 1).bytes;
    const bytes = length > whole.length ? concatBytes(whole, Uint8Array.of(0)) : whole.slice(0, Math.max(1, length));
    expect(() => openNote(noteOf({ name, keyId, bytes }), [witness.verifier])).toThrow(badSignature);
  });

  it('of as many signatures as a note may have, all of one known key, takes a bounded time', () => {
    const signature = cosignNote(text, witness, 1);
    const note = noteOf(...Array<NoteSignature>(MAX_NOTE_SIGNATURES).fill(signature));
    const started = performance.now();
    expect(openNote(note, [witness.verifier]).signatures).toHaveLength(1);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('an ML-DSA-44 signature', () => {
  it.each([
    [0, 2420],
    [1311, 2420],
    [1313, 2420],
    [1312, 2419],
    [1312, 2421],
    [32, 64],
  ])('with a key of %d bytes and of %d bytes itself is refused', (keySize, signatureSize) => {
    expect(verifyMlDsa44(new Uint8Array(keySize), root, new Uint8Array(signatureSize))).toBe(false);
  });

  it('of all ones, whose hints are in no order, is refused', () => {
    expect(verifyMlDsa44(witness.verifier.publicKey, root, new Uint8Array(2420).fill(0xff))).toBe(false);
    expect(verifyMlDsa44(witness.verifier.publicKey, root, new Uint8Array(2420))).toBe(false);
  });
});

function vector(name: string): Uint8Array {
  return concatBytes(Uint8Array.of(name.length), utf8ToBytes(name));
}
