import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.js';
import { formatVerifierKey, signingKey, type SigningKey } from './note-key.js';
import { cosignNote, signNote } from './note-signature.js';
import { formatNote, parseNote } from './note.js';
import type { SignatureType } from './signature-scheme.js';
import { formatSuccessor, parseSuccessor, verifySuccessor } from './successor.js';

const keyOf = (name: string, type: SignatureType, number: number): SigningKey =>
  signingKey(name, type, new Uint8Array(32).fill(number));
const retired = { origin: 'custody.example/log/2026a', size: 1234, root: new Uint8Array(32).fill(9) };
const origin = 'custody.example/log/2026b';
const old = keyOf(retired.origin, 'ed25519', 1);
const next = keyOf(origin, 'ed25519', 2);
const nextMlDsa = keyOf(origin, 'ml-dsa-44', 3);
const successor = { retired, origin, keys: [next.verifier, nextMlDsa.verifier] };
const golden = formatSuccessor({ retired, origin, keys: [next.verifier] });
const malformed = expect.objectContaining({ code: 'malformed-successor' });

describe('the statement of a log that ends', () => {
  it('is six lines and one more for each further key', () => {
    expect(golden.split('\n')).toEqual([
      'amana-successor/v1',
      'custody.example/log/2026a',
      '1234',
      'CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=',
      'custody.example/log/2026b',
      formatVerifierKey(next.verifier),
      '',
    ]);
    expect(parseSuccessor(formatSuccessor(successor))).toEqual(successor);
  });

  it('is taken from the old log, in a reader’s eyes', () => {
    expect(verifySuccessor(signNote(formatSuccessor(successor), [old]), [old.verifier])).toEqual(successor);
    const both = signNote(golden, [old, next]);
    expect(verifySuccessor(both, [old.verifier, keyOf('x', 'ed25519', 9).verifier]).origin).toBe(origin);
  });

  it.each([
    ['the new log alone', [next], 'no-known-signature'],
    ['another key of the old name', [keyOf(retired.origin, 'ed25519', 7)], 'no-known-signature'],
    ['another log that the reader trusts', [keyOf('other.example/log', 'ed25519', 5)], 'log-not-signed'],
  ])('is not taken from %s', (_, signers, code) => {
    const known = [old.verifier, keyOf('other.example/log', 'ed25519', 5).verifier];
    expect(() => verifySuccessor(signNote(golden, signers), known)).toThrow(expect.objectContaining({ code }));
  });

  it('is refused with any one byte changed', () => {
    const note = signNote(golden, [old]);
    for (const [at, byte] of note.entries()) {
      for (const changed of [byte ^ 1, byte ^ 0x20, 0x0a, 0x20]) {
        const wrong = note.map((same, other) => (other !== at ? same : changed === byte ? 0x78 : changed));
        expect(() => verifySuccessor(wrong, [old.verifier])).toThrow(expect.objectContaining({ name: 'ProofError' }));
      }
    }
  });

  it('cannot be signed with ML-DSA-44 nor cosigned with it, for it is no checkpoint', () => {
    const refused = expect.objectContaining({ code: 'malformed-checkpoint' });
    expect(() => signNote(golden, [keyOf(retired.origin, 'ml-dsa-44', 4)])).toThrow(refused);
    expect(() => cosignNote(golden, keyOf('w', 'ml-dsa-44', 4), 1)).toThrow(refused);
  });

  it('never reads as a checkpoint, nor a checkpoint as it, whatever the origins', () => {
    const names = fc.oneof(fc.constantFrom('1', '0', 'amana-successor/v1'), fc.stringMatching(/^[0-9a-z/.]{1,20}$/));
    fc.assert(
      fc.property(
        names,
        names,
        fc.maxSafeNat(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (a, b, size, root) => {
          fc.pre(a !== b);
          const head = { origin: a, size, root };
          const keys = [{ ...next.verifier, ...signingKey(b, 'ed25519', new Uint8Array(32)).verifier }];
          expect(() => parseCheckpoint(formatSuccessor({ retired: head, origin: b, keys }))).toThrow(
            expect.objectContaining({ code: 'malformed-checkpoint' }),
          );
          expect(() => parseSuccessor(formatCheckpoint(head))).toThrow(malformed);
        },
      ),
      { numRuns: 50 },
    );
  });

  const key = formatVerifierKey(next.verifier);
  it.each([
    ['nothing', ''],
    ['no final newline', golden.slice(0, -1)],
    ['another version', golden.replace('/v1', '/v2')],
    ['no size', golden.replace('1234\n', '')],
    ['a size with a leading zero', golden.replace('1234', '01234')],
    ['a size of 2^53', golden.replace('1234', '9007199254740992')],
    ['a short root', golden.replace('CQkJ', '')],
    ['no key', golden.replace(`${key}\n`, '')],
    ['a key twice', `${golden}${key}\n`],
    ['an empty line at the end', `${golden}\n`],
    [
      'nine keys',
      golden +
        Array.from({ length: 8 }, (_, at) => `${formatVerifierKey(keyOf(origin, 'ed25519', 90 + at).verifier)}\n`).join(
          '',
        ),
    ],
    ['a key of another name', golden.replace(key, formatVerifierKey(old.verifier))],
    ['a key that is none', golden.replace(key, 'abc')],
    ['a witness’s key', golden.replace(key, formatVerifierKey(keyOf(origin, 'cosignature-v1', 2).verifier))],
    ['a log that follows itself', golden.replace('2026b', '2026a')],
    ['CRLF', golden.replaceAll('\n', '\r\n')],
  ])('is refused with %s', (_, text) => {
    expect(() => parseSuccessor(text)).toThrow(malformed);
  });

  it('is not written when it could not be read', () => {
    expect(() => formatSuccessor({ ...successor, keys: [] })).toThrow(malformed);
    expect(() => formatSuccessor({ ...successor, origin: retired.origin })).toThrow(malformed);
    expect(() => formatSuccessor({ ...successor, origin: 'a\nb' })).toThrow(malformed);
    expect(() => formatSuccessor({ ...successor, retired: { ...retired, size: -1 } })).toThrow(
      expect.objectContaining({ code: 'bad-size' }),
    );
  });

  it('lies in a note that others may cosign', () => {
    const witness = keyOf('w.example', 'cosignature-v1', 8);
    const { signatures } = parseNote(signNote(golden, [old]));
    const note = formatNote({ text: golden, signatures: [...signatures, cosignNote(golden, witness, 5)] });
    expect(verifySuccessor(note, [old.verifier]).retired).toEqual(retired);
  });
});
