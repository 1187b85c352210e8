import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { hexToBytes } from '@noble/hashes/utils.js';
import { requires, vectors, vectorsFolder } from '../../../test/support/requires.js';
import { verifyEd25519 } from './ed25519.js';

interface WycheproofTest {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid';
}

requires(vectors('wycheproof'))('Ed25519 under Wycheproof', () => {
  it('agrees with all 151 vectors, none left out', () => {
    const file = JSON.parse(readFileSync(join(vectorsFolder, 'wycheproof', 'ed25519_test.json'), 'utf8'));
    const groups = file.testGroups as { publicKey: { pk: string }; tests: WycheproofTest[] }[];
    const results = groups.flatMap(({ publicKey, tests }) =>
      tests.map(({ tcId, comment, msg, sig, result }) => ({
        tcId,
        comment,
        expected: result === 'valid',
        actual: verifyEd25519(hexToBytes(publicKey.pk), hexToBytes(msg), hexToBytes(sig)),
      })),
    );
    expect(results.filter(({ expected, actual }) => expected !== actual)).toEqual([]);
    expect([results.length, results.filter(({ expected }) => expected).length]).toEqual([151, 88]);
  });
});

const zeroMessage = new Uint8Array(0);

it.each([
  ['the neutral point', `01${'00'.repeat(31)}`],
  ['a point of order 2', `ec${'ff'.repeat(30)}7f`],
  ['a point of order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
])('Ed25519 refuses %s as a public key, which any message would satisfy', (_, point) => {
  const forged = hexToBytes(`01${'00'.repeat(31)}${'00'.repeat(32)}`);
  expect(verifyEd25519(hexToBytes(point), zeroMessage, forged)).toBe(false);
});

it.each([
  [31, 64],
  [33, 64],
  [32, 63],
  [32, 65],
  [0, 0],
])('Ed25519 refuses a key of %d bytes with a signature of %d', (keySize, signatureSize) => {
  expect(verifyEd25519(new Uint8Array(keySize), zeroMessage, new Uint8Array(signatureSize))).toBe(false);
});
