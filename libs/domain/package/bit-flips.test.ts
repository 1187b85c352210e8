import { beforeAll, describe, expect, it } from '@jest/globals';
import { formatLogPolicy } from '#domain/merkle';
import { makeGolden, packageOf } from '../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../test/support/memory-package.js';
import { randomOf } from '../../../test/support/random.js';
import { authorityOf, renewedBy, stampedBy } from '../../../test/support/stamped-package.js';
import { PATHS, fingerprintOf, inlineHasher, verifyPackage, type Link } from './index.js';

/** Which links may be named when a bit of the file is flipped, by the path alone: the first that matches. */
const EXPECTED: readonly (readonly [RegExp, readonly Link[]])[] = [
  [/^data\/evidence\/.*\.age$/, ['payload']],
  [/^data\/manifest\.jws\.json$/, ['manifest-signature', 'seal']],
  [/^data\/custody\/events\.jsonl$/, ['custody-entry']],
  [/^data\/custody\/proofs\//, ['inclusion']],
  [/^data\/custody\/checkpoint$/, ['checkpoint']],
  [/^data\/custody\/timestamps\//, ['timestamp']],
  [/^data\/keys\/.*\.pem$/, ['timestamp']],
  [/^data\/keys\/policy$/, ['checkpoint']],
  [/^data\/keys\/platform\.jwk\.json$/, ['seal']],
  [/^data\/keys\/.*\.jws\.json$/, ['signer-certificate']],
  [/^data\/README\.html$/, ['bag']],
  [/^[a-z0-9-]+\.txt$/, ['bag']],
];
const FLIPS_A_FILE = 46;

/** What is signed, or proven by what is: all but the bag's own files and the page. */
const SIGNED = /^data\/(custody|evidence|keys|manifest)/;

const { random, seed } = randomOf(process.env.AMANA_SEED);
const hasher = inlineHasher(nodeHashers);
let whole: MemoryPackage;
/** Of a reader who names the authority: what a root is signed with itself is covered by nothing but that. */
let policy: Uint8Array;

beforeAll(async () => {
  const { content, keys } = await makeGolden();
  const [authority, next] = [await authorityOf(), await authorityOf()];
  const { timestamps, ...rest } = await stampedBy(authority, content);
  const checkpoint = await renewedBy(next, timestamps!.checkpoint!, new Date('2030-01-01'));
  const roots = [authority.root.der, next.root.der];
  whole = await packageOf({ ...rest, timestamps: { ...timestamps!, checkpoint, roots } });
  const pins = roots.map((root) => `#amana tsa ${fingerprintOf(root)}\n`).join('');
  policy = Buffer.from(formatLogPolicy(keys.log.verifier) + pins);
  expect((await verifyPackage(whole, { hasher, policy })).verdict).toBe('verified');
});

describe(`one flipped bit (seed ${seed})`, () => {
  it('is found in every file, wherever it is, and put down to that file', async () => {
    const wrong: string[] = [];
    let flips = 0;
    for (const [path, bytes] of whole.files) {
      const expected = EXPECTED.find(([pattern]) => pattern.test(path))![1];
      for (const bit of bitsOf(bytes.length)) {
        const { verdict, link, detail } = await verifyPackage(whole.copy().set(path, flippedAt(bytes, bit)), {
          hasher,
        });
        flips += 1;
        if (verdict !== 'broken' || !expected.includes(link!))
          wrong.push(`${path} bit ${bit}: ${verdict} ${link}: ${detail}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(flips).toBeGreaterThanOrEqual(1000);
  }, 300_000);

  it('is found in all that is signed even when the lists are made to agree with it', async () => {
    const passed: string[] = [];
    for (const [path, bytes] of whole.files) {
      if (!SIGNED.test(path)) continue;
      for (let flips = 0; flips < FLIPS_A_FILE / 2; flips++) {
        const bit = Math.floor(random() * bytes.length * 8);
        const altered = whole.copy().set(path, flippedAt(bytes, bit)).rebag();
        const pinned = path === PATHS.authorities ? { policy } : {};
        const { verdict } = await verifyPackage(altered, { hasher, ...pinned });
        if (verdict !== 'broken') passed.push(`${path} bit ${bit}: ${verdict}`);
      }
    }
    expect(passed).toEqual([]);
  }, 300_000);

  it('is found in every bit of the list that no other list covers', async () => {
    const path = 'tagmanifest-sha256.txt';
    const bytes = whole.files.get(path)!;
    const passed: number[] = [];
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const { verdict, link } = await verifyPackage(whole.copy().set(path, flippedAt(bytes, bit)), { hasher });
      if (verdict !== 'broken' || link !== 'bag') passed.push(bit);
    }
    expect(passed).toEqual([]);
  });
});

/** Some at random over the whole file, as many again in its first 256 bytes, where evidence has its header; and both ends. */
function bitsOf(sizeBytes: number): number[] {
  const within = (size: number) => Math.floor(random() * size * 8);
  const half = Array.from({ length: FLIPS_A_FILE / 2 - 1 });
  return [
    0,
    sizeBytes * 8 - 1,
    ...half.map(() => within(sizeBytes)),
    ...half.map(() => within(Math.min(256, sizeBytes))),
  ];
}

function flippedAt(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[bit >> 3]! ^= 1 << (bit & 7);
  return flipped;
}
