import { describe, expect, it } from '@jest/globals';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { numberedLeafHashes, ReferenceTree } from '../../../test/support/reference-tree.js';
import { formatCheckpoint } from './checkpoint.js';
import { formatLogPolicy } from './format-log-policy.js';
import { parseLogPolicy } from './log-policy.js';
import { signingKey } from './note-key.js';
import { signNote } from './note-signature.js';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.js';
import { checkpointVerifier } from './verify-checkpoint.js';

const origin = 'custody.example/log/2026a';
const log = signingKey(origin, 'ed25519', new Uint8Array(32).fill(1));
const policy = parseLogPolicy(utf8ToBytes(formatLogPolicy(log.verifier)));
const leaves = numberedLeafHashes(11);
const tree = new ReferenceTree(leaves);
const checkpoint = signNote(formatCheckpoint({ origin, size: 11, root: tree.root(11) }), [log]);
const golden = formatTlogProof({ index: 4, hashes: tree.inclusionProof(4, 11), checkpoint });
const goldenText = new TextDecoder().decode(golden);

describe('a proof of logging', () => {
  it('has the lines of the specification', () => {
    const lines = goldenText.split('\n');
    expect(lines.slice(0, 2)).toEqual(['c2sp.org/tlog-proof@v1', 'index 4']);
    expect(lines.slice(2, 6).every((line) => /^[A-Za-z0-9+/]{43}=$/.test(line))).toBe(true);
    expect(lines.slice(6, 9)).toEqual(['', origin, '11']);
    const withExtra = formatTlogProof({ extra: Uint8Array.of(1, 2), index: 4, hashes: [], checkpoint });
    expect(new TextDecoder().decode(withExtra).split('\n').slice(0, 4)).toEqual([
      'c2sp.org/tlog-proof@v1',
      'extra AQI=',
      'index 4',
      '',
    ]);
  });

  it('verifies for every leaf, and for no other leaf', () => {
    const verify = checkpointVerifier(policy);
    for (const [index, leaf] of leaves.entries()) {
      const proof = parseTlogProof(formatTlogProof({ index, hashes: tree.inclusionProof(index, 11), checkpoint }));
      expect(verifyTlogProof(proof, leaf, verify).checkpoint).toMatchObject({ origin, size: 11 });
      expect(() => verifyTlogProof(proof, leaves[(index + 1) % 11]!, verify)).toThrow(
        expect.objectContaining({ code: 'root-mismatch' }),
      );
    }
  });

  it('comes back as it went', () => {
    const proof = fc.record({
      extra: fc.uint8Array({ minLength: 1, maxLength: 1000 }),
      index: fc.maxSafeNat(),
      hashes: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 63 }),
      checkpoint: fc.uint8Array({ maxLength: 200 }),
    });
    fc.assert(fc.property(proof, (proof) => expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof)));
  });

  it('is refused with any one byte changed', () => {
    for (const [at, byte] of golden.entries()) {
      for (const changed of [byte ^ 1, byte ^ 0x20, 0x0a, 0x20]) {
        const wrong = golden.map((same, other) => (other !== at ? same : changed === byte ? 0x78 : changed));
        const verify = () => verifyTlogProof(parseTlogProof(wrong), leaves[4]!, checkpointVerifier(policy));
        expect(verify).toThrow(expect.objectContaining({ name: 'ProofError' }));
      }
    }
  });

  it('is refused cut short anywhere', () => {
    for (let length = 0; length < golden.length; length++) {
      const verify = () =>
        verifyTlogProof(parseTlogProof(golden.subarray(0, length)), leaves[4]!, checkpointVerifier(policy));
      expect(verify).toThrow(expect.objectContaining({ name: 'ProofError' }));
    }
  });

  it('says of a foreign checkpoint that it is not trusted, before it looks at the hashes', () => {
    const other = signingKey(origin, 'ed25519', new Uint8Array(32).fill(2));
    const theirs = signNote(formatCheckpoint({ origin, size: 11, root: tree.root(11) }), [other]);
    const proof = { index: 4, hashes: [], checkpoint: theirs };
    expect(() => verifyTlogProof(proof, leaves[4]!, checkpointVerifier(policy))).toThrow(
      expect.objectContaining({ code: 'no-known-signature' }),
    );
  });

  const replaced = (what: string | RegExp, by: string): string => goldenText.replace(what, by);
  const hashLine = goldenText.split('\n')[2] ?? '';
  it.each([
    ['nothing', ''],
    ['another version', replaced('@v1', '@v2')],
    ['a line before', `\n${goldenText}`],
    ['a byte order mark', `\ufeff${goldenText}`],
    ['no index', replaced('index 4\n', '')],
    ['a leading zero', replaced('index 4', 'index 04')],
    ['a negative index', replaced('index 4', 'index -4')],
    ['an index of 2^53', replaced('index 4', 'index 9007199254740992')],
    ['two spaces', replaced('index 4', 'index  4')],
    ['two indexes', replaced('index 4\n', 'index 4\nindex 4\n')],
    ['extra data after the index', replaced('index 4\n', 'index 4\nextra AQ==\n')],
    ['empty extra data', replaced('index 4\n', 'extra \nindex 4\n')],
    ['extra data without a space', replaced('index 4\n', 'extra\nindex 4\n')],
    ['extra data that is not base64', replaced('index 4\n', 'extra ???\nindex 4\n')],
    ['extra data twice', replaced('index 4\n', 'extra AQ==\nextra AQ==\nindex 4\n')],
    ['a short hash', replaced(hashLine, 'AQ==')],
    ['a hash without padding', replaced(hashLine, hashLine.slice(0, -1))],
    ['64 hashes', replaced('index 4\n', `index 4\n${`${hashLine}\n`.repeat(60)}`)],
    ['CRLF', goldenText.replaceAll('\n', '\r\n')],
    ['no blank line', replaced('\n\n', '\n').slice(0, 150)],
    ['2 MiB of extra data', replaced('index 4\n', `extra ${'A'.repeat(2 ** 21)}\nindex 4\n`)],
    ['100 KiB of extra data', replaced('index 4\n', `extra ${'A'.repeat(100 * 1024)}\nindex 4\n`)],
    ['a NUL', replaced('index 4', 'index 4\0')],
    ['letters beyond ASCII', replaced('index 4', 'index ٤')],
  ])('is malformed with %s', (_, text) => {
    expect(() => parseTlogProof(utf8ToBytes(text))).toThrow(expect.objectContaining({ code: 'malformed-proof' }));
  });

  it.each([
    [{ index: -1, hashes: [], checkpoint }, 'bad-size'],
    [{ index: 2 ** 53, hashes: [], checkpoint }, 'bad-size'],
    [{ index: 0, hashes: [new Uint8Array(31)], checkpoint }, 'bad-hash'],
    [{ index: 0, hashes: Array<Uint8Array>(64).fill(leaves[0]!), checkpoint }, 'malformed-proof'],
    [{ index: 0, hashes: [], checkpoint, extra: new Uint8Array(0) }, 'malformed-proof'],
  ])('is not written when it could not be read: case %#', (proof, code) => {
    expect(() => formatTlogProof(proof)).toThrow(expect.objectContaining({ code }));
  });

  it('with an index beyond its checkpoint is refused', () => {
    const proof = { index: 11, hashes: tree.inclusionProof(4, 11), checkpoint };
    expect(() => verifyTlogProof(proof, leaves[4]!, checkpointVerifier(policy))).toThrow(
      expect.objectContaining({ code: 'bad-index' }),
    );
  });
});
