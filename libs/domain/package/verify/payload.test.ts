import { beforeAll, describe, expect, it } from '@jest/globals';
import { AttackedPackage, expectBroken } from '../../../../test/support/attacked-package.js';
import { GOLDEN_IDS, seededBytes, uuid } from '../../../../test/support/golden-keys.js';
import { makeGolden, packageOf } from '../../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../../test/support/memory-package.js';
import { FileId } from '#domain/evidence';
import { evidencePath, inlineHasher, verifyPackage, type PackageHasher } from '../index.js';

const PHOTOGRAPH = evidencePath(GOLDEN_IDS.photograph);
const EMPTY = evidencePath(GOLDEN_IDS.empty);
let attacked: AttackedPackage;

beforeAll(async () => {
  attacked = await AttackedPackage.make();
});

const ATTACKS: readonly (readonly [what: string, says: RegExp, make: () => MemoryPackage])[] = [
  ['a byte altered', /0007\.age: the stored object was altered/, () => flipped(headerSize() + 600_000)],
  ['its last byte altered', /the stored object was altered/, () => flipped(photograph().length - 1)],
  ['its nonce altered', /the nonce/, () => flipped(headerSize())],
  ['its age header spoilt', /not an age header/, () => flipped(3)],
  ['its end cut off', /bytes follow the age header, the manifest has/, () => evidence(photograph().slice(0, -1))],
  [
    'a byte more',
    /bytes follow the age header, the manifest has/,
    () => evidence(Buffer.concat([photograph(), Buffer.of(0)])),
  ],
  ['nothing after its header', /0 bytes follow the age header/, () => evidence(photograph().slice(0, headerSize()))],
  ['its header cut', /end within the age header/, () => evidence(photograph().slice(0, 100))],
  ['nothing in it', /end within the age header/, () => evidence(new Uint8Array(0))],
  [
    'a header without end',
    /end within the age header/,
    () => evidence(Buffer.from(`age-encryption.org/v1\n-> X25519 ${'a'.repeat(200_000)}`)),
  ],
  [
    'the content of another',
    /0007\.age: .*bytes follow/,
    () => attacked.whole.copy().set(PHOTOGRAPH, attacked.file(EMPTY)).set(EMPTY, photograph()).rebag(),
  ],
];

describe('the evidence of a package', () => {
  it.each(ATTACKS)('is no file with %s', async (_what, says, make) => {
    await expectBroken(make(), 'payload', says, attacked.policy);
  });

  it.each([
    ['manifest-sha256.txt', 'SHA-256'],
    ['manifest-sha512.txt', 'SHA-512'],
  ])('has the digest of %s too', async (list, algorithm) => {
    const other = attacked.whole
      .text(list)
      .replace(/^[0-9a-f]+(?= {2}.*0007\.age$)/m, (digest) => 'a'.repeat(digest.length));
    await expectBroken(
      attacked.whole.copy().set(list, other).retag(),
      'payload',
      new RegExp(`its ${algorithm} is not`),
    );
  });

  it('105 has every file of the manifest', async () => {
    await expectBroken(attacked.altered(EMPTY, null), 'payload', /0008\.age is missing: the manifest has this file/);
  });

  it('106 has no file beside those of the manifest', async () => {
    const extra = attacked.altered(`data/evidence/${uuid(70)}.age`, photograph());
    await expectBroken(extra, 'payload', /0070\.age is not of the exhibit/);
  });

  it('has the age headers that the export handed out, though nobody signed them', async () => {
    await expectBroken(reheaded(attacked.whole), 'payload', /the age headers are not those .* index 23 has them/);
    await expectBroken(
      reheaded(attacked.whole).set('manifest-sha256.txt', attacked.file('manifest-sha256.txt')).retag(),
      'payload',
      /the age header was altered/,
    );
  });

  it('has whatever age header the bag lists where the export names none, and says so', async () => {
    const unnamed = await attacked.appended((all) =>
      all.map(({ detail, ...statement }) =>
        statement.kind === 'package-exported' ? statement : { ...statement, ...(detail && { detail }) },
      ),
    );
    const verdict = await verifyPackage(reheaded(unnamed), { hasher: inlineHasher(nodeHashers) });
    expect(verdict).toMatchObject({
      verdict: 'verified',
      detail: expect.stringContaining('nothing signed covers the age headers'),
    });
  });
});

describe('the order of the verdict', () => {
  const plaintexts = Array.from({ length: 9 }, (_, at) => ({
    id: FileId.parse(uuid(500 + at)),
    name: `file ${at}`,
    bytes: seededBytes(`file ${at}`, 20_000),
  }));

  it('is that of the manifest, however many files are hashed at once and whichever is done first', async () => {
    const { content } = await makeGolden({ plaintexts });
    const made = await packageOf(content);
    for (const at of [6, 3, 4]) made.files.get(evidencePath(plaintexts[at]!.id))![10_000]! ^= 1;
    for (const parallelism of [1, 2, 4, 20]) {
      const { hasher, most } = slower(parallelism);
      const verdict = await verifyPackage(made, { hasher });
      expect(verdict).toMatchObject({ verdict: 'broken', link: 'payload', checked: { files: 3 } });
      expect(verdict.detail).toMatch(/0503\.age: the stored object was altered/);
      expect(most()).toBe(Math.min(parallelism, 9));
    }
  });
});

/** Hashes files at the same time, the later ones faster, and counts how many at once. */
function slower(parallelism: number): { hasher: PackageHasher; most: () => number } {
  const inline = inlineHasher(nodeHashers);
  let running = 0;
  let most = 0;
  let turns = 40;
  const hasher: PackageHasher = {
    parallelism,
    measure: async (file, signal) => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = (turns -= 4); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
      return inline.measure(file, signal).finally(() => (running -= 1));
    },
  };
  return { hasher, most: () => most };
}

const photograph = () => attacked.file(PHOTOGRAPH);
/** With another age header before the photograph. */
function reheaded(made: MemoryPackage): MemoryPackage {
  const header = Buffer.from(photograph().slice(0, headerSize()));
  const other = Buffer.from(header.toString('latin1').replace(/-> X25519 ....../, '-> X25519 AAAAAA'), 'latin1');
  const bytes = Buffer.concat([other, photograph().slice(headerSize())]);
  return made.copy().set(PHOTOGRAPH, new Uint8Array(bytes)).rebag();
}

const headerSize = () => photograph().length - attacked.golden.manifest.files[0]!.sealedSizeBytes;
const evidence = (bytes: Uint8Array) => attacked.altered(PHOTOGRAPH, bytes);

function flipped(at: number): MemoryPackage {
  const bytes = Uint8Array.from(photograph());
  bytes[at]! ^= 1;
  return evidence(bytes);
}
