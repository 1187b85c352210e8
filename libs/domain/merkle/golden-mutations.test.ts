import { hash } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { seededBytes } from '../../../test/support/golden-keys.js';
import { TileShelf } from '../../../test/support/tile-shelf.js';
import { formatCheckpoint } from './checkpoint.js';
import { edgeFromTiles } from './edge-from-tiles.js';
import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.js';
import { formatLogPolicy } from './format-log-policy.js';
import { parseLogPolicy } from './log-policy.js';
import { formatSigningKey, formatVerifierKey, parseSigningKey, parseVerifierKey, signingKey } from './note-key.js';
import { cosignNote, openNote, signNote } from './note-signature.js';
import { formatNote, parseNote } from './note.js';
import { ProofError } from './proof-error.js';
import { proveInclusion, rootFromTiles } from './prove.js';
import { RightEdge } from './right-edge.js';
import { tilePath } from './tile-path.js';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.js';
import { growTree, type Tile } from './tree-growth.js';
import { leafHash, rootOf } from './tree-hash.js';
import { verifyInclusion } from './verify-proof.js';
import { checkpointVerifier, verifyCheckpoint, type VerifiedCheckpoint } from './verify-checkpoint.js';

/**
 * A small log out of a fixed seed, and each byte of what it hands out changed. Where a change costs a microsecond, all 255
 * of them are tried at each byte; where it costs a signature, those that a storage or a line is likely to make, and the
 * test says so. All that come through must lead to the very same result as the original.
 */
/** For what is a second on an idle machine and many on a busy one. */
const SLOW_MS = 300_000;
const SIZE = 259;
const INDEX = 200;
const origin = 'custody.example/log/golden';
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(hash('sha256', bytes, 'buffer'));
const seed = (name: string) => seededBytes(`golden mutations ${name}`, 32);

const entries = Array.from({ length: SIZE }, (_, at) =>
  concatBytes(utf8ToBytes('custody-leaf/v1\n'), seed(`entry ${at}`)),
);
const leaves = entries.map((entry) => leafHash(entry, sha256));
const { tiles, edge } = growTree(new RightEdge(0, [], sha256), [], leaves);
const shelf = new TileShelf();
shelf.put(tiles);
const text = formatCheckpoint({ origin, size: SIZE, root: edge.root() });

const log = signingKey(origin, 'ed25519', seed('log'));
const logMlDsa = signingKey(origin, 'ml-dsa-44', seed('log'));
const witness = signingKey('witness.example/w1', 'cosignature-v1', seed('witness'));
const witnessMlDsa = signingKey('witness.example/w2', 'ml-dsa-44', seed('witness'));
const stranger = signingKey('stranger.example', 'ed25519', seed('stranger'));

const policyOf = (one: typeof log, other: typeof log) =>
  parseLogPolicy(
    utf8ToBytes(formatLogPolicy(one.verifier, { operators: [{ name: 'w', witnesses: [{ key: other.verifier }] }] })),
  );
/** Signed by the log and a witness; and by a stranger. */
function noteOf(one: typeof log, other: typeof log): Uint8Array {
  const { signatures } = parseNote(signNote(text, [one, stranger]));
  const [own, strange] = signatures;
  return formatNote({ text, signatures: [own!, cosignNote(text, other, 1_795_000_000), strange!] });
}

/** All other values of one byte. */
const allOf = (byte: number): number[] => Array.from({ length: 255 }, (_, more) => (byte + 1 + more) & 0xff);
/** Each of its bits flipped. */
const flipsOf = (byte: number): number[] => Array.from({ length: 8 }, (_, bit) => byte ^ (1 << bit));
/** One other character of base64, or of any text. */
const oneOf = (byte: number): number[] => [byte === 0x42 ? 0x43 : 0x42];

/** Every change, made in one buffer; `from`–`to` are the bytes to change. */
function* changes(
  golden: Uint8Array,
  valuesOf: (byte: number) => readonly number[],
  from = 0,
  to = golden.length,
): Generator<Uint8Array> {
  const changed = Uint8Array.from(golden);
  for (let at = from; at < to; at++) {
    for (const value of valuesOf(golden[at] as number)) {
      changed[at] = value;
      yield changed;
    }
    changed[at] = golden[at] as number;
  }
}

/** How many changes there were. `verify` must give something where it does not throw. @throws Error for one that was taken */
function refusals(changed: Iterable<Uint8Array>, verify: (changed: Uint8Array) => unknown): number {
  let count = 0;
  for (const bytes of changed) {
    count += 1;
    if (resultOf(() => verify(bytes)) !== undefined) throw new Error(showing(bytes));
  }
  return count;
}

/** What it gives; undefined when it is refused as it should be. Anything else thrown fails the test. */
function resultOf<T>(verify: () => T): T | undefined {
  try {
    return verify();
  } catch (error) {
    if (error instanceof ProofError) return undefined;
    throw error;
  }
}

describe('a checkpoint of the golden log', () => {
  const note = noteOf(log, witness);
  const policy = policyOf(log, witness);
  const verify = (changed: Uint8Array) => verifyCheckpoint(changed, policy);
  const golden = verify(note);
  const lineAt = (name: string) => Buffer.from(note).indexOf(`— ${name} `);
  const signaturesAt = lineAt(origin);
  const strangerAt = lineAt('stranger.example');

  it('is refused, or has another text under the same signatures, with any byte of its text changed to any other', () => {
    let count = 0;
    for (const changed of changes(note, allOf, 0, signaturesAt)) {
      count += 1;
      if (resultOf(() => parseNote(changed).text) === text) throw new Error(showing(changed));
    }
    expect(count).toBe(signaturesAt * 255);
  });

  it('is refused with any bit of its text flipped', () => {
    expect(refusals(changes(note, flipsOf, 0, signaturesAt), verify)).toBe(signaturesAt * 8);
  });

  it('is refused with any bit of a signature line of its log or witness flipped', () => {
    const count = refusals(changes(note, flipsOf, signaturesAt, strangerAt), verify);
    expect(count).toBe((strangerAt - signaturesAt) * 8);
  });

  it('is refused, or says the very same, with any byte of a stranger’s line changed: nothing is read out of that line', () => {
    let same = 0;
    for (const changed of changes(note, oneOf, strangerAt)) {
      const result = resultOf(() => verifyCheckpoint(changed, policy));
      if (result === undefined) continue;
      same += 1;
      expect(result).toEqual(golden);
    }
    expect(same).toBeGreaterThan(90);
  });

  it('is refused with any byte of it left out or doubled, but in a stranger’s line', () => {
    const changed = Array.from({ length: strangerAt }, (_, at) => [
      concatBytes(note.subarray(0, at), note.subarray(at + 1)),
      concatBytes(note.subarray(0, at + 1), note.subarray(at)),
    ]);
    expect(refusals(changed.flat(), verify)).toBe(strangerAt * 2);
  });

  it(
    'is refused with any byte of a 3 kB line of ML-DSA-44 changed, each to one other',
    () => {
      const note = noteOf(log, witnessMlDsa);
      const ofWitness = (changed: Uint8Array) => openNote(changed, [witnessMlDsa.verifier]);
      ofWitness(note);
      const [from, to] = [`— ${witnessMlDsa.verifier.name} `, '— stranger.example '].map((start) =>
        Buffer.from(note).indexOf(start),
      );
      expect(refusals(changes(note, oneOf, from, to), ofWitness)).toBeGreaterThan(3240);
    },
    SLOW_MS,
  );
});

describe('a key of the golden log', () => {
  const characters = (bytes: Uint8Array) => String.fromCharCode(...bytes);

  it.each([
    ['a verifier key', formatVerifierKey(log.verifier), allOf, parseVerifierKey],
    ['a cosigner’s verifier key', formatVerifierKey(witness.verifier), allOf, parseVerifierKey],
    ['an ML-DSA-44 verifier key', formatVerifierKey(logMlDsa.verifier), flipsOf, parseVerifierKey],
    ['a signing key', formatSigningKey(origin, 'ed25519', seed('log')), flipsOf, parseSigningKey],
    ['an ML-DSA-44 signing key', formatSigningKey(origin, 'ml-dsa-44', seed('log')), flipsOf, parseSigningKey],
  ])('%s is refused with any one character changed', (_, written, valuesOf, parse) => {
    parse(written);
    const tried = refusals(changes(utf8ToBytes(written), valuesOf), (changed) => parse(characters(changed)));
    expect(tried).toBe(written.length * valuesOf(0).length);
  });
});

describe('a proof of the golden log', () => {
  const checkpoint = noteOf(log, witness);
  const verify = checkpointVerifier(policyOf(log, witness));
  const leaf = leaves[INDEX]!;
  let hashes: Uint8Array[];
  beforeAll(async () => {
    hashes = await proveInclusion(INDEX, SIZE, shelf, sha256);
  });
  const check = (proof: Uint8Array): VerifiedCheckpoint => verifyTlogProof(parseTlogProof(proof), leaf, verify, sha256);

  it('is refused with any byte before its checkpoint changed to any other', () => {
    const proof = formatTlogProof({ index: INDEX, hashes, checkpoint });
    check(proof);
    const head = proof.length - checkpoint.length;
    expect(refusals(changes(proof, allOf, 0, head), check)).toBe(head * 255);
  });

  it('is refused, or shows the very same, with any byte of its extra data changed: no signature covers those', () => {
    const proof = formatTlogProof({ extra: seed('extra'), index: INDEX, hashes, checkpoint });
    const golden = parseTlogProof(proof);
    const end = Buffer.from(proof).indexOf('index ');
    let same = 0;
    for (const changed of changes(proof, allOf, 0, end)) {
      if (resultOf(() => check(changed)) === undefined) continue;
      same += 1;
      const { index, hashes, checkpoint } = parseTlogProof(changed);
      if (index !== golden.index || hashes.length !== golden.hashes.length) throw new Error(showing(changed));
      if (!hashes.every((each, at) => Buffer.from(each).equals(golden.hashes[at]!))) throw new Error(showing(changed));
      if (!Buffer.from(checkpoint).equals(golden.checkpoint)) throw new Error(showing(changed));
    }
    // 42 whole characters of base64 have 63 other values each, the last before the padding has 15, and in the place of the
    // padding 64 characters make one byte more.
    expect(same).toBe(42 * 63 + 15 + 64);
  });

  it('is refused with any bit of the leaf hash flipped, or of the entry', () => {
    const proof = parseTlogProof(formatTlogProof({ index: INDEX, hashes, checkpoint }));
    const ofLeaf = (changed: Uint8Array) => verifyTlogProof(proof, changed, verify, sha256);
    expect(refusals(changes(leaf, flipsOf), ofLeaf)).toBe(32 * 8);
    const ofEntry = (changed: Uint8Array) => ofLeaf(leafHash(changed, sha256));
    expect(refusals(changes(entries[INDEX]!, flipsOf), ofEntry)).toBe(48 * 8);
  });
});

describe('a tile of the golden log', () => {
  const hashesIn = (bytes: Uint8Array) =>
    Array.from({ length: bytes.length / 32 }, (_, at) => bytes.subarray(at * 32, at * 32 + 32));
  const [full, partial, above] = tiles as [Tile, Tile, Tile];

  it('leads to another root with any byte changed to any other, where it is of the right edge', async () => {
    expect(tiles.map(tilePath)).toEqual(['tile/0/000', 'tile/0/001.p/3', 'tile/1/000.p/1']);
    const root = Buffer.from(edge.root());
    for (const tile of [partial, above]) {
      for (const changed of changes(tile.bytes, allOf)) {
        const edgeTiles = [partial, above].map((each) => (each === tile ? { ...each, bytes: changed } : each));
        if (root.equals(edgeFromTiles(SIZE, edgeTiles, sha256).root())) throw new Error(showing(changed));
      }
    }
    expect(root.equals(await rootFromTiles(SIZE, shelf, sha256))).toBe(true);
    expect(root.equals(edgeFromTiles(SIZE, [partial, above], sha256).root())).toBe(true);
  });

  it('that is full has another root than the tile above it says, with a byte of any of its hashes changed', () => {
    const root = Buffer.from(above.bytes);
    expect(root.equals(rootOf(hashesIn(full.bytes), sha256))).toBe(true);
    for (const [at, hash] of hashesIn(full.bytes).entries()) {
      const changed = hashesIn(full.bytes);
      changed[at] = hash.map((byte, other) => (other === at % 32 ? byte ^ (1 << (at % 8)) : byte));
      expect(root.equals(rootOf(changed, sha256))).toBe(false);
    }
  });

  it('that is full holds no hash that the proof beside it leads to the root, with any byte changed', async () => {
    const root = above.bytes;
    for (const [index, hash] of hashesIn(full.bytes).entries()) {
      const proof = await proveInclusion(index, 256, shelf, sha256);
      verifyInclusion(index, 256, hash, proof, root, sha256);
      const ofHash = (changed: Uint8Array) => {
        verifyInclusion(index, 256, changed, proof, root, sha256);
        return 'taken';
      };
      expect(
        refusals(
          changes(hash, (byte) => [byte ^ 0x10]),
          ofHash,
        ),
      ).toBe(32);
    }
  });

  it('is refused when it is shorter or longer by a byte', async () => {
    for (const wrong of [partial.bytes.subarray(1), concatBytes(partial.bytes, Uint8Array.of(0))]) {
      const readTile = (level: number, index: number, width: number) =>
        level === 0 ? Promise.resolve(wrong) : shelf.readTile(level, index, width);
      await expect(rootFromTiles(SIZE, { readTile }, sha256)).rejects.toMatchObject({ code: 'bad-tile' });
    }
  });
});

describe('an entry bundle of the golden log', () => {
  it.each([
    ['the partial one, any byte changed to any other', 256, 3, allOf],
    ['the full one, a bit of any byte flipped', 0, 256, (byte: number) => [byte ^ 0x10]],
  ])('is refused or has another leaf hash: %s', (_, first, width, valuesOf) => {
    const golden = encodeEntryBundle(entries.slice(first, first + width));
    for (const changed of changes(golden, valuesOf)) {
      const found = resultOf(() => decodeEntryBundle(changed, width));
      if (found === undefined) continue;
      const at = found.findIndex((entry, at) => !Buffer.from(entry).equals(entries[first + at]!));
      const hash = leafHash(found[at] ?? new Uint8Array(0), sha256);
      if (at < 0 || Buffer.from(hash).equals(leaves[first + at]!)) throw new Error(showing(changed));
    }
    expect(golden).toHaveLength(width * 50);
  });
});

const showing = (bytes: Uint8Array) => `taken though changed: ${Buffer.from(bytes).toString('latin1').slice(0, 2000)}`;
