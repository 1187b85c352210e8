import { describe, expect, it } from '@jest/globals';
import {
  type Checkpoint,
  cosignNote,
  formatCheckpoint,
  formatLogPolicy,
  formatNote,
  formatSuccessor,
  type LogPolicy,
  parseLogPolicy,
  parseNote,
  type SigningKey,
  signingKey,
  signNote,
  type VerifierKey,
} from '#domain/merkle';
import { followSuccessor, type KnownLog } from './index.js';

const seed = (byte: number) => new Uint8Array(32).fill(byte);
const old = signingKey('custody.example/log/2026a', 'ed25519', seed(1));
const thief = signingKey('custody.example/log/2026a', 'ed25519', seed(2));
const next = signingKey('custody.example/log/2026b', 'ed25519', seed(3));
const nextToo = signingKey('custody.example/log/2026b', 'ml-dsa-44', seed(4));
const witnesses = ['north.example', 'south.example', 'east.example'].map((name, at) =>
  signingKey(name, 'cosignature-v1', seed(10 + at)),
) as [SigningKey, SigningKey, SigningKey];
const [north, south, east] = witnesses;

const ended: Checkpoint = { origin: old.verifier.name, size: 300, root: seed(30) };
const later: Checkpoint = { ...ended, size: 301, root: seed(31) };
const earlier: Checkpoint = { ...ended, size: 200, root: seed(20) };
const other: Checkpoint = { ...ended, root: seed(99) };

const statementBy = (key: SigningKey, retired = ended) =>
  signNote(formatSuccessor({ retired, origin: next.verifier.name, keys: [next.verifier, nextToo.verifier] }), [key]);
const current = (key = next) =>
  signNote(formatCheckpoint({ origin: key.verifier.name, size: 5, root: seed(5) }), [key]);

/** A head as a witness shows it. */
function headAt(checkpoint: Checkpoint, witness: SigningKey, log = old): Uint8Array {
  const { text, signatures } = parseNote(signNote(formatCheckpoint(checkpoint), [log]));
  return formatNote({ text, signatures: [...signatures, cosignNote(text, witness, 1_764_000_000)] });
}

const policy: LogPolicy = parseLogPolicy(
  new TextEncoder().encode(
    formatLogPolicy(old.verifier, {
      operators: witnesses.map(({ verifier }) => ({ name: verifier.name, witnesses: [{ key: verifier }] })),
    }),
  ),
);

/** What each witness answers; those that are left out do not. */
function heldBy(...answers: [SigningKey, Uint8Array][]): Map<VerifierKey, Uint8Array | null> {
  return new Map(
    policy.witnesses.map(({ key }) => [key, answers.find(([{ verifier }]) => verifier.name === key.name)?.[1] ?? null]),
  );
}

const alone: KnownLog = { key: old.verifier, seen: null, witnessing: null, held: new Map() };
const witnessed = (...answers: [SigningKey, Uint8Array][]): KnownLog => ({
  ...alone,
  ...{ witnessing: policy, held: heldBy(...answers) },
});
const confirming = (...keys: SigningKey[]) => keys.map((key): [SigningKey, Uint8Array] => [key, headAt(ended, key)]);

describe('a log that follows the one that is pinned', () => {
  it('is followed on the word of the old key where no witness is pinned, over the head that was seen or a later one', () => {
    for (const seen of [null, earlier, ended]) {
      const successor = followSuccessor(statementBy(old), current(), { ...alone, seen });
      expect([successor.origin, successor.keys]).toEqual([next.verifier.name, [next.verifier, nextToo.verifier]]);
    }
  });

  it('is followed when a quorum of the witnesses that are pinned holds the head that the old one ended with', () => {
    for (const some of [confirming(north, south), confirming(south, east), confirming(north, south, east)])
      expect(followSuccessor(statementBy(old), current(), witnessed(...some)).origin).toBe(next.verifier.name);
  });

  it.each<[string, string, Uint8Array, Uint8Array, KnownLog]>([
    ['another key of the same name signed the statement', 'not-signed', statementBy(thief), current(), alone],
    ['only the successor signed it', 'not-signed', statementBy(next), current(), alone],
    ['it is no statement', 'not-signed', current(old), current(), alone],
    [
      'it is of another log',
      'not-signed',
      signNote(
        formatSuccessor({
          retired: { ...ended, origin: 'custody.example/log/2025a' },
          ...{ origin: next.verifier.name, keys: [next.verifier] },
        }),
        [old],
      ),
      current(),
      alone,
    ],
    ['a longer log was seen', 'contradicts-seen', statementBy(old), current(), { ...alone, seen: later }],
    ['another log of that size was seen', 'contradicts-seen', statementBy(old), current(), { ...alone, seen: other }],
    ['what is served is another log still', 'another-successor', statementBy(old), current(thief), alone],
    [
      'what is served is signed by another key of that name',
      'another-successor',
      statementBy(old),
      current(signingKey(next.verifier.name, 'ed25519', seed(77))),
      alone,
    ],
    ['no witness answers', 'not-witnessed', statementBy(old), current(), witnessed()],
    ['one of three confirms it', 'not-witnessed', statementBy(old), current(), witnessed(...confirming(north))],
    [
      'the others are behind',
      'not-witnessed',
      statementBy(old),
      current(),
      witnessed(...confirming(north), [south, headAt(earlier, south)], [east, headAt(earlier, east)]),
    ],
    [
      'one witness of three holds a later head',
      'contradicts-witness',
      statementBy(old),
      current(),
      witnessed(...confirming(north, south), [east, headAt(later, east)]),
    ],
    [
      'one holds another head',
      'contradicts-witness',
      statementBy(old),
      current(),
      witnessed(...confirming(north, south), [east, headAt(other, east)]),
    ],
    [
      'a head is shown in the name of a witness that did not cosign it',
      'not-witnessed',
      statementBy(old),
      current(),
      witnessed(...confirming(north), [south, headAt(ended, east)], [east, headAt(ended, north)]),
    ],
    [
      'the witnesses hold a head of a thief',
      'not-witnessed',
      statementBy(old),
      current(),
      witnessed([north, headAt(ended, north, thief)], [south, headAt(ended, south, thief)]),
    ],
    [
      'the witnesses answer with garbage',
      'not-witnessed',
      statementBy(old),
      current(),
      witnessed([north, seed(1)], [south, new Uint8Array(0)]),
    ],
  ])('is refused when %s', (_, code, statement, head, known) => {
    expect(() => followSuccessor(statement, head, known)).toThrow(
      expect.objectContaining({ name: 'SuccessionError', code }),
    );
  });
});
