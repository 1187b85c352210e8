import { describe, expect, it } from '@jest/globals';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { numberedLeafHashes, ReferenceTree } from '../../../test/support/reference-tree.js';
import { formatCheckpoint } from './checkpoint.js';
import { parseConflict } from './conflict.js';
import { decodeEntryBundle } from './entry-bundle.js';
import { formatLogPolicy } from './format-log-policy.js';
import { parseClaimedPolicy, parseLogPolicy } from './log-policy.js';
import { signingKey, type SigningKey } from './note-key.js';
import { cosignNote, signNote } from './note-signature.js';
import { formatNote, parseNote, parseSignatureLines } from './note.js';
import type { ProofErrorCode } from './proof-error.js';
import { formatTlogProof, parseTlogProof, verifyTlogProof, type TlogProof } from './tlog-proof.js';
import { verifyConflict } from './verify-conflict.js';
import { checkpointVerifier, verifyCheckpoint } from './verify-checkpoint.js';
import { verifyGrowth } from './verify-proof.js';

const origin = 'custody.example/log/2026a';
const seed = (number: number) => new Uint8Array(32).fill(number);
const log = signingKey(origin, 'ed25519', seed(1));
const impostor = signingKey(origin, 'ed25519', seed(2));
const [w1, w2] = [11, 12].map((at) => signingKey(`w${at}.example`, 'cosignature-v1', seed(at))) as [
  SigningKey,
  SigningKey,
];
const [false1, false2] = [21, 22].map((at) => signingKey(`w${at}.example`, 'cosignature-v1', seed(at))) as [
  SigningKey,
  SigningKey,
];
const operatorsOf = (...keys: SigningKey[]) => ({
  operators: keys.map(({ verifier }, at) => ({ name: `o${at}`, witnesses: [{ key: verifier }] })),
});
const policyText = formatLogPolicy(log.verifier, operatorsOf(w1, w2));
const policy = parseLogPolicy(utf8ToBytes(policyText));

const SIZE = 11;
const leaves = numberedLeafHashes(SIZE);
const tree = new ReferenceTree(leaves);
const fork = new ReferenceTree([...leaves.slice(0, 4), leaves[5]!, leaves[4]!, ...leaves.slice(6)]);

const headText = (size = SIZE, root = tree.root(SIZE)) => formatCheckpoint({ origin, size, root });
function noteOf(text: string, logs: readonly SigningKey[], witnesses: readonly SigningKey[]): Uint8Array {
  const { signatures } = parseNote(signNote(text, logs));
  return formatNote({ text, signatures: [...signatures, ...witnesses.map((key) => cosignNote(text, key, 1000))] });
}
const checkpoint = noteOf(headText(), [log], [w1, w2]);
const golden: TlogProof = { index: 4, hashes: tree.inclusionProof(4, SIZE), checkpoint };

/** As a reader does: from the bytes of the proof. */
function check(changes: Partial<TlogProof> = {}, leaf = leaves[4]!): void {
  checkBytes(formatTlogProof({ ...golden, ...changes }), leaf);
}
function checkBytes(proof: Uint8Array, leaf = leaves[4]!): void {
  verifyTlogProof(parseTlogProof(proof), leaf, checkpointVerifier(policy));
}
/** The genuine signatures under another text. */
function resigned(text: string): Uint8Array {
  return formatNote({ text, signatures: parseNote(checkpoint).signatures });
}
const proofText = (from: string, to: string) =>
  utf8ToBytes(new TextDecoder().decode(formatTlogProof(golden)).replace(from, to));

/** What claims to be of 10 GiB, and of which no byte can be read. */
const TEN_GIB = 10 * 2 ** 30;
const enormous = new Proxy(new Uint8Array(0), {
  get(_, property) {
    if (property === 'length' || property === 'byteLength') return TEN_GIB;
    throw new Error(`${String(property)} was read`);
  },
});

/** Numbers are those of bad-input.md; 105 to 107 are of packages. */
const ITEMS: readonly (readonly [number, string, ProofErrorCode, () => unknown])[] = [
  [
    94,
    'a flipped leaf',
    'root-mismatch',
    () =>
      check(
        {},
        leaves[4]!.map((byte, at) => (at === 0 ? byte ^ 1 : byte)),
      ),
  ],
  [95, 'a swapped leaf', 'root-mismatch', () => check({}, leaves[5])],
  [
    95,
    'swapped leaves, each with the other’s proof',
    'root-mismatch',
    () => check({ index: 5, hashes: tree.inclusionProof(5, SIZE) }),
  ],
  [
    95,
    'swapped hashes of the proof',
    'root-mismatch',
    () => check({ hashes: [golden.hashes[1]!, golden.hashes[0]!, ...golden.hashes.slice(2)] }),
  ],
  [96, 'a dropped tail of the proof', 'wrong-proof-length', () => check({ hashes: golden.hashes.slice(0, -1) })],
  [96, 'a dropped head of the proof', 'wrong-proof-length', () => check({ hashes: golden.hashes.slice(1) })],
  [
    96,
    'a dropped tail of the log',
    'bad-size',
    () =>
      verifyGrowth(
        { size: SIZE, root: tree.root(SIZE) },
        { size: 9, root: tree.root(9) },
        tree.consistencyProof(9, SIZE),
      ),
  ],
  [97, 'another tree size', 'bad-signature', () => check({ checkpoint: resigned(headText(12)) })],
  [
    97,
    'another tree size, truly signed',
    'wrong-proof-length',
    () => check({ checkpoint: noteOf(headText(17), [log], [w1, w2]) }),
  ],
  [
    97,
    'a tree smaller than the index, truly signed',
    'bad-index',
    () => check({ checkpoint: noteOf(headText(4, tree.root(4)), [log], [w1, w2]) }),
  ],
  [
    97,
    'the empty tree, truly signed',
    'bad-index',
    () => check({ index: 0, hashes: [], checkpoint: noteOf(headText(0), [log], [w1, w2]) }),
  ],
  [98, 'an empty proof', 'wrong-proof-length', () => check({ hashes: [] })],
  [
    98,
    'an empty proof of growth',
    'wrong-proof-length',
    () => verifyGrowth({ size: 4, root: tree.root(4) }, { size: SIZE, root: tree.root(SIZE) }, []),
  ],
  [98, 'an empty file', 'malformed-proof', () => checkBytes(new Uint8Array(0))],
  [99, 'an extra node behind', 'wrong-proof-length', () => check({ hashes: [...golden.hashes, seed(7)] })],
  [99, 'an extra node before', 'wrong-proof-length', () => check({ hashes: [leaves[5]!, ...golden.hashes] })],
  [
    99,
    'the last leaf twice: [A, B, C] for [A, B, C, C]',
    'root-mismatch',
    () => {
      const [a, b, c] = leaves as [Uint8Array, Uint8Array, Uint8Array];
      const doubled = new ReferenceTree([a, b, c, c]);
      verifyGrowth({ size: 3, root: tree.root(3) }, { size: 4, root: doubled.root(4) }, tree.consistencyProof(3, 4));
    },
  ],
  [
    100,
    'another key of the log’s name',
    'no-known-signature',
    () => check({ checkpoint: noteOf(headText(), [impostor], []) }),
  ],
  [
    100,
    'another key of the log’s name, cosigned',
    'log-not-signed',
    () => check({ checkpoint: noteOf(headText(), [impostor], [w1, w2]) }),
  ],
  [
    100,
    'another key that gives itself the id of ours',
    'bad-signature',
    () => {
      const [forged] = parseNote(signNote(headText(), [impostor])).signatures;
      check({ checkpoint: formatNote({ text: headText(), signatures: [{ ...forged!, keyId: log.verifier.id }] }) });
    },
  ],
  [101, 'a cosigner counted twice', 'quorum-not-met', () => check({ checkpoint: noteOf(headText(), [log], [w1, w1]) })],
  [
    101,
    'a cosigner counted twice, with two times',
    'quorum-not-met',
    () => {
      const { text, signatures } = parseNote(noteOf(headText(), [log], [w1]));
      check({ checkpoint: formatNote({ text, signatures: [...signatures, cosignNote(text, w1, 2000)] }) });
    },
  ],
  [
    101,
    'a cosigner under two names in the policy',
    'malformed-policy',
    () => {
      const other = signingKey('w99.example', 'cosignature-v1', seed(11));
      formatLogPolicy(log.verifier, operatorsOf(w1, other));
    },
  ],
  [
    102,
    'self-supplied witnesses',
    'quorum-not-met',
    () => check({ checkpoint: noteOf(headText(), [log], [false1, false2]) }),
  ],
  [
    102,
    'a self-supplied policy, which shows only that a forgery agrees with itself',
    'log-not-signed',
    () => {
      const forged = noteOf(headText(), [impostor], [false1, false2, w1]);
      const claimed = parseClaimedPolicy(utf8ToBytes(formatLogPolicy(impostor.verifier, operatorsOf(false1, false2))));
      verifyCheckpoint(forged, claimed.claim);
      verifyCheckpoint(forged, policy);
    },
  ],
  [103, 'an index with a leading zero', 'malformed-proof', () => checkBytes(proofText('index 4', 'index 04'))],
  [103, 'an index with a sign', 'malformed-proof', () => checkBytes(proofText('index 4', 'index +4'))],
  [
    103,
    'a size with a leading zero, truly signed',
    'malformed-checkpoint',
    () => check({ checkpoint: noteOf(headText().replace('\n11\n', '\n011\n'), [log], [w1, w2]) }),
  ],
  [103, 'base64 without its padding', 'malformed-proof', () => checkBytes(proofText('=\n', '\n'))],
  [
    103,
    'base64 with bits behind its last byte',
    'malformed-proof',
    () =>
      checkBytes(
        utf8ToBytes(
          new TextDecoder()
            .decode(formatTlogProof(golden))
            .replace(/(.)=\n/, (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=\n`),
        ),
      ),
  ],
  [
    104,
    'a fork: another head',
    'root-mismatch',
    () => check({ checkpoint: noteOf(headText(SIZE, fork.root(SIZE)), [log], [w1, w2]) }),
  ],
  [
    104,
    'a fork: growth of another log',
    'root-mismatch',
    () =>
      verifyGrowth(
        { size: 7, root: tree.root(7) },
        { size: SIZE, root: fork.root(SIZE) },
        fork.consistencyProof(7, SIZE),
      ),
  ],
  [
    104,
    'a fork that is none',
    'no-conflict',
    () => verifyConflict({ older: checkpoint, newer: noteOf(headText(), [log], [w1]) }, [log.verifier]),
  ],
  [108, 'a proof of 10 GiB', 'malformed-proof', () => parseTlogProof(enormous)],
  [108, 'a note of 10 GiB', 'note-too-large', () => parseNote(enormous)],
  [108, 'a checkpoint of 10 GiB', 'note-too-large', () => verifyCheckpoint(enormous, policy)],
  [108, 'a policy of 10 GiB', 'malformed-policy', () => parseLogPolicy(enormous)],
  [108, 'evidence of 10 GiB', 'malformed-conflict', () => parseConflict(enormous)],
  [108, 'an entry bundle of 10 GiB', 'bad-entry-bundle', () => decodeEntryBundle(enormous, 256)],
  [108, 'signature lines of 100 MB', 'note-too-large', () => parseSignatureLines('x'.repeat(1e8))],
];

describe('bad input of the verifier', () => {
  it('is none where nothing is bad', () => {
    check();
    expect(
      verifyConflict({ older: checkpoint, newer: noteOf(headText(SIZE, fork.root(SIZE)), [log], []) }, [log.verifier])
        .origin,
    ).toBe(origin);
    verifyGrowth(
      { size: 7, root: tree.root(7) },
      { size: SIZE, root: tree.root(SIZE) },
      tree.consistencyProof(7, SIZE),
    );
  });

  it('is all in the table', () => {
    const wanted = [94, 95, 96, 97, 98, 99, 100, 101, 102, 103, 104, 108];
    expect([...new Set(ITEMS.map(([number]) => number))]).toEqual(wanted);
  });

  it.each(ITEMS)('%d %s is refused: %s', (_number, _what, code, verify) => {
    expect(verify).toThrow(expect.objectContaining({ name: 'ProofError', code }));
  });
});
