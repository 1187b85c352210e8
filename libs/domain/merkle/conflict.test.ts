import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberedLeafHashes, ReferenceTree } from '../../../test/support/reference-tree.js';
import { TileShelf } from '../../../test/support/tile-shelf.js';
import { formatCheckpoint } from './checkpoint.js';
import { formatConflict, parseConflict, type Conflict } from './conflict.js';
import { signingKey, type SigningKey } from './note-key.js';
import { cosignNote, signNote } from './note-signature.js';
import { formatNote, parseNote } from './note.js';
import { RightEdge } from './right-edge.js';
import { growTree } from './tree-growth.js';
import { proveConflict, verifyConflict } from './verify-conflict.js';

const origin = 'custody.example/log/2026a';
const seed = (number: number) => new Uint8Array(32).fill(number);
const log = signingKey(origin, 'ed25519', seed(1));
const logMlDsa = signingKey(origin, 'ml-dsa-44', seed(2));
const other = signingKey('other.example/log', 'ed25519', seed(3));
const keys = [log, logMlDsa, other].map(({ verifier }) => verifier);

const SIZE = 300;
const leaves = numberedLeafHashes(SIZE);
/** The same log with leaf 5 left out: from size 6 on, another history. */
const rewritten = [...leaves.slice(0, 5), ...leaves.slice(6), ...numberedLeafHashes(SIZE + 1).slice(SIZE)];
const honest = new ReferenceTree(leaves);
const forked = new ReferenceTree(rewritten);
const shelfOf = (leafHashes: readonly Uint8Array[]): TileShelf => {
  const shelf = new TileShelf();
  shelf.put(growTree(new RightEdge(), [], leafHashes).tiles);
  return shelf;
};
const forkedTiles = shelfOf(rewritten);

const head = (tree: ReferenceTree, size: number, key: SigningKey = log) =>
  signNote(formatCheckpoint({ origin: key.verifier.name, size, root: tree.root(size) }), [key]);
const noConflict = expect.objectContaining({ code: 'no-conflict' });

describe('two heads of a log', () => {
  it('of one size with two roots are a conflict', async () => {
    const conflict = await proveConflict([head(honest, 9), head(forked, 9)], keys, forkedTiles);
    const verified = verifyConflict(parseConflict(formatConflict(conflict)), keys);
    expect(verified).toEqual({
      origin,
      older: { checkpoint: { origin, size: 9, root: honest.root(9) }, signers: [log.verifier] },
      newer: { checkpoint: { origin, size: 9, root: forked.root(9) }, signers: [log.verifier] },
    });
    expect(conflict.prefix).toBeUndefined();
  });

  it('of two sizes are a conflict exactly where the larger does not begin with the smaller', async () => {
    const sizes = fc.integer({ min: 1, max: SIZE });
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (a, b) => {
        fc.pre(a !== b);
        const notes = [head(honest, Math.min(a, b)), head(forked, Math.max(a, b))] as const;
        const conflict = parseConflict(formatConflict(await proveConflict(notes, keys, forkedTiles)));
        if (Math.min(a, b) <= 5) expect(() => verifyConflict(conflict, keys)).toThrow(noConflict);
        else expect(verifyConflict(conflict, keys).newer.checkpoint.size).toBe(Math.max(a, b));
        // In the other order it is the same evidence.
        expect(await proveConflict([notes[1], notes[0]], keys, forkedTiles)).toEqual(conflict);
      }),
      { numRuns: 60 },
    );
  });

  it('of an honest log are none, at any two sizes', async () => {
    const tiles = shelfOf(leaves);
    const sizes = fc.integer({ min: 1, max: SIZE });
    await fc.assert(
      fc.asyncProperty(sizes, sizes, async (a, b) => {
        const conflict = await proveConflict([head(honest, a), head(honest, b)], keys, tiles);
        expect(() => verifyConflict(conflict, keys)).toThrow(noConflict);
      }),
      { numRuns: 60 },
    );
  });

  it('may be signed by two keys of the log', async () => {
    const notes = [head(honest, 7), head(forked, 20, logMlDsa)] as const;
    const verified = verifyConflict(await proveConflict(notes, keys, forkedTiles), keys);
    expect([verified.older.signers, verified.newer.signers]).toEqual([[log.verifier], [logMlDsa.verifier]]);
  });

  it('conflict though a witness cosigned only one of them', () => {
    const witness = signingKey('w.example', 'cosignature-v1', seed(9));
    const { text, signatures } = parseNote(head(honest, 9));
    const older = formatNote({ text, signatures: [...signatures, cosignNote(text, witness, 4)] });
    expect(verifyConflict({ older, newer: head(forked, 9) }, keys).origin).toBe(origin);
  });
});

describe('evidence', () => {
  const same: Conflict = { older: head(honest, 9), newer: head(forked, 9) };
  const grown: Conflict = {
    older: head(honest, 9),
    newer: head(forked, 20),
    prefix: { root: forked.root(9), hashes: forked.consistencyProof(9, 20) },
  };

  it.each<[string, Conflict, string]>([
    ['of one head twice', { older: same.older, newer: same.older }, 'no-conflict'],
    ['of heads of two logs', { ...same, newer: head(forked, 9, other) }, 'no-conflict'],
    ['without a proof', { older: grown.older, newer: grown.newer }, 'no-conflict'],
    ['with a proof that is not needed', { ...same, prefix: grown.prefix! }, 'no-conflict'],
    [
      'of an honest growth',
      {
        older: head(honest, 9),
        newer: head(honest, 20),
        prefix: { root: honest.root(9), hashes: honest.consistencyProof(9, 20) },
      },
      'no-conflict',
    ],
    [
      'with a prefix made up',
      { ...grown, newer: head(honest, 20), prefix: { root: seed(7), hashes: honest.consistencyProof(9, 20) } },
      'root-mismatch',
    ],
    [
      'with a prefix made up at a power of two, where the proof begins with it',
      {
        older: head(honest, 8),
        newer: head(honest, 20),
        prefix: { root: seed(7), hashes: honest.consistencyProof(8, 20) },
      },
      'root-mismatch',
    ],
    [
      'with a proof cut short',
      { ...grown, prefix: { ...grown.prefix!, hashes: grown.prefix!.hashes.slice(1) } },
      'wrong-proof-length',
    ],
    ['with no proof', { ...grown, prefix: { ...grown.prefix!, hashes: [] } }, 'wrong-proof-length'],
    ['in the wrong order', { ...grown, older: grown.newer, newer: grown.older }, 'bad-size'],
    ['from the empty tree', { ...grown, older: head(honest, 0), prefix: { root: seed(7), hashes: [] } }, 'bad-size'],
    [
      'of a stranger',
      { ...same, newer: head(forked, 9, signingKey(origin, 'ed25519', seed(50))) },
      'no-known-signature',
    ],
    [
      'of a head signed under another origin',
      { ...same, newer: signNote(formatCheckpoint({ origin, size: 9, root: seed(4) }), [other]) },
      'log-not-signed',
    ],
    ['of a note that is no checkpoint', { ...same, newer: signNote('hello\n', [log]) }, 'malformed-checkpoint'],
  ])('%s shows nothing', (_, conflict, code) => {
    expect(() => verifyConflict(conflict, keys)).toThrow(expect.objectContaining({ code }));
  });

  it('shows nothing with any one byte changed', () => {
    for (const golden of [formatConflict(same), formatConflict(grown)]) {
      verifyConflict(parseConflict(golden), keys);
      for (const [at, byte] of golden.entries()) {
        const wrong = golden.map((right, index) => (index === at ? byte ^ 1 : right));
        expect(() => verifyConflict(parseConflict(wrong), keys)).toThrow(
          expect.objectContaining({ name: 'ProofError' }),
        );
      }
    }
  });

  const text = new TextDecoder().decode(formatConflict(grown));
  it.each([
    ['nothing', ''],
    ['another version', text.replace('/v1', '/v2')],
    ['no final newline', text.slice(0, -1)],
    ['an empty line at the end', `${text}\n`],
    ['one note', text.split('\n').slice(0, 2).join('\n') + '\n'],
    ['an empty note', text.replace(/\n[^\n]+/, '\n')],
    ['a short hash', text.replace(/\n[^\n]{4}([^\n]+)\n$/, '\n$1\n')],
    ['64 hashes', text + `${'A'.repeat(43)}=\n`.repeat(64)],
    ['CRLF', text.replaceAll('\n', '\r\n')],
    ['an umlaut', text.replace('amana', 'ämana')],
    ['3 MB', text + 'A'.repeat(3_000_000)],
  ])('is refused with %s', (_, wrong) => {
    expect(() => parseConflict(new TextEncoder().encode(wrong))).toThrow(
      expect.objectContaining({ code: 'malformed-conflict' }),
    );
  });

  it('is not written when it could not be read', () => {
    const malformed = expect.objectContaining({ code: 'malformed-conflict' });
    expect(() => formatConflict({ ...same, older: new Uint8Array(0) })).toThrow(malformed);
    expect(() => formatConflict({ ...grown, prefix: { root: seed(1), hashes: Array(64).fill(seed(1)) } })).toThrow(
      malformed,
    );
    expect(() => formatConflict({ ...grown, prefix: { root: seed(1).subarray(1), hashes: [] } })).toThrow(
      expect.objectContaining({ code: 'bad-hash' }),
    );
  });
});
