import { beforeAll, describe, expect, it } from '@jest/globals';
import { formatLogPolicy } from '#domain/merkle';
import { GOLDEN_IDS, goldenKeys } from '../../../test/support/golden-keys.js';
import { makeGolden, packageOf, type Golden } from '../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../test/support/memory-package.js';
import { PATHS, evidencePath, inlineHasher, proofPath, verifyPackage, type Link } from './index.js';

const hasher = inlineHasher(nodeHashers);
const GIB = 2 ** 30;
let golden: Golden;
let whole: MemoryPackage;

beforeAll(async () => {
  golden = await makeGolden();
  whole = await packageOf(golden.content);
});

describe('a court package made by the domain code', () => {
  it('is verified, and all of it counted', async () => {
    expect(await verifyPackage(whole, { hasher })).toEqual({
      verdict: 'verified',
      link: null,
      detail:
        `exhibit ${GOLDEN_IDS.exhibit}, manifest ${golden.manifestSha256}; 8 events to 2026-11-20T16:07:00.000Z, ` +
        'in the log custody.example/log/2026a at size 28; the age headers are those handed out; the policy asks for no witness; ' +
        'nothing attests the time; ' +
        "all keys, the log's too, are the package's own claim: give the policy you trust with --policy",
      checked: {
        bagFiles: whole.files.size,
        certificates: 2,
        signatures: 2,
        files: 2,
        chunks: 3,
        bytes: golden.manifest.files.reduce((sum, { sealedSizeBytes }) => sum + sealedSizeBytes, 0),
        events: 8,
        erased: 0,
        proofs: 8,
        cosignatures: 0,
        timestamps: 0,
        pinnedTimestamps: 0,
        pinnedKeys: 0,
      },
    });
  });

  it('is verified by a pinned policy, its own not being needed then', async () => {
    const policy = Buffer.from(formatLogPolicy(golden.keys.log.verifier));
    const verdict = await verifyPackage(whole.copy().set(PATHS.policy, null).rebag(), { hasher, policy });
    expect(verdict.verdict).toBe('verified');
    expect(verdict.detail).toMatch(
      /the log's keys are those given; the keys of agency and platform are the package's own claim$/,
    );
    expect(verdict.checked.pinnedKeys).toBe(1);
  });

  it('gives the same answer to the letter twice', async () => {
    const broken = whole.copy().set(proofPath(2), 'x').set(PATHS.readme, 'x');
    for (const made of [whole, broken]) {
      const [one, other] = [await verifyPackage(made, { hasher }), await verifyPackage(made, { hasher })];
      expect(JSON.stringify(one)).toBe(JSON.stringify(other));
    }
  });

  it('is read once where it is large', async () => {
    const copy = whole.copy();
    await verifyPackage(copy, { hasher });
    const sizes = [...copy.files.values()].reduce((sum, { length }) => sum + length, 0);
    // The header of each evidence file is looked at before the file is hashed, and small files are read twice.
    expect(copy.bytesRead).toBeLessThan(sizes + 2 * 70_000 + 2 * 40_000);
  });

  it('refuses a pinned policy that is none: that is no fault of the package', async () => {
    const verifying = verifyPackage(whole, { hasher, policy: Buffer.from('log none\n') });
    await expect(verifying).rejects.toMatchObject({ name: 'PackageError', code: 'bad-policy' });
  });
});

describe('a package altered and its lists left alone', () => {
  it.each<[string, Link, RegExp, (copy: MemoryPackage) => unknown]>([
    [
      'an event dropped',
      'custody-entry',
      /line|index|no event/,
      (copy) => copy.set(PATHS.events, whole.text(PATHS.events).replace(/^.*\n/, '')),
    ],
    [
      'the last event dropped',
      'custody-entry',
      /no event "package-exported"/,
      (copy) => copy.set(PATHS.events, whole.text(PATHS.events).replace(/.*\n$/, '')),
    ],
    [
      'an index altered',
      'custody-entry',
      /events\.jsonl was altered|comes after/,
      (copy) => copy.set(PATHS.events, whole.text(PATHS.events).replace('"index":23', '"index":24')),
    ],
    [
      'a manifest that names another time',
      'manifest-signature',
      /manifest\.jws\.json/,
      (copy) => copy.set(PATHS.manifest, otherTime()),
    ],
    [
      'the page',
      'bag',
      /README\.html was altered: its SHA-256/,
      (copy) => copy.set(PATHS.readme, `${whole.text(PATHS.readme)} `),
    ],
    [
      'the policy, the fault showing at the checkpoint',
      'checkpoint',
      /no known key/,
      (copy) => copy.set(PATHS.policy, formatLogPolicy(goldenKeys('impostor').log.verifier)),
    ],
    [
      'the checkpoint, the fault showing at a proof',
      'checkpoint',
      /data\/custody\/checkpoint was altered/,
      (copy) => copy.set(PATHS.checkpoint, whole.text(PATHS.checkpoint).replace('\n28\n', '\n29\n')),
    ],
    [
      'one of the two lists',
      'bag',
      /manifest-sha512\.txt is not what/,
      (copy) => copy.set('manifest-sha512.txt', whole.text('manifest-sha512.txt').replace(/^./, 'f')),
    ],
  ])('%s → %s', async (_what, link, says, alter) => {
    const copy = whole.copy();
    alter(copy);
    const verdict = await verifyPackage(copy, { hasher });
    expect(verdict).toMatchObject({ verdict: 'broken', link });
    expect(verdict.detail).toMatch(says);
  });

  it('does not add up to its Payload-Oxum → bag', async () => {
    const copy = whole
      .copy()
      .set('bag-info.txt', whole.text('bag-info.txt').replace(/Oxum: ./, 'Oxum: 9'))
      .retag();
    const verdict = await verifyPackage(copy, { hasher });
    expect(verdict).toMatchObject({ verdict: 'broken', link: 'bag' });
    expect(verdict.detail).toMatch(/says Payload-Oxum 9\d+\.18; the payload is 1\d+\.18/);
  });
});

describe('what cannot be decided', () => {
  it("is a log without a policy, its own or the reader's", async () => {
    const verdict = await verifyPackage(whole.copy().set(PATHS.policy, null).rebag(), { hasher });
    expect(verdict).toMatchObject({ verdict: 'undecided', link: 'checkpoint' });
    expect(verdict.detail).toMatch(/no policy was given/);
  });

  it.each(['bagit.txt', PATHS.events, PATHS.readme, evidencePath(GOLDEN_IDS.empty)])(
    'is a package whose %s cannot be read',
    async (path) => {
      const copy = whole.copy();
      copy.unreadable.add(path);
      const verdict = await verifyPackage(copy, { hasher });
      expect(verdict).toMatchObject({ verdict: 'undecided', link: null, detail: `${path} cannot be read` });
    },
  );

  it('is a file that changes while it is read', async () => {
    const copy = whole.copy();
    copy.claimedSizes.set(PATHS.readme, 10);
    expect(await verifyPackage(copy, { hasher })).toMatchObject({
      verdict: 'undecided',
      detail: 'data/README.html changed while it was read',
    });
  });

  it('is not a broken link beside a file that cannot be read', async () => {
    const copy = whole.copy().set(proofPath(2), 'x').rebag();
    copy.unreadable.add(PATHS.readme);
    expect(await verifyPackage(copy, { hasher })).toMatchObject({ verdict: 'broken', link: 'inclusion' });
  });
});

describe('what is too large', () => {
  it.each<[string, Link]>([
    [proofPath(8), 'inclusion'],
    [PATHS.manifest, 'manifest-signature'],
    [PATHS.events, 'custody-entry'],
    [PATHS.checkpoint, 'checkpoint'],
    [PATHS.policy, 'checkpoint'],
    [PATHS.platformKey, 'seal'],
    [`data/keys/officer-${GOLDEN_IDS.officer}.jws.json`, 'signer-certificate'],
    [PATHS.readme, 'bag'],
    ['manifest-sha256.txt', 'bag'],
  ])('108 is refused unread: %s of 10 GiB', async (path, link) => {
    const copy = whole.copy();
    copy.claimedSizes.set(path, 10 * GIB);
    const verdict = await verifyPackage(copy, { hasher });
    expect(verdict).toMatchObject({ verdict: 'broken', link });
    expect(verdict.detail).toContain(path);
    expect(copy.bytesRead).toBeLessThan(20_000);
  });

  it.each([proofPath(8), PATHS.events, PATHS.readme, 'manifest-sha512.txt', evidencePath(GOLDEN_IDS.empty)])(
    'is not read on, where it claims to be small and has no end: %s',
    async (path) => {
      const copy = whole.copy();
      const open = copy.open.bind(copy);
      let endless = 0;
      copy.open = async function* (asked) {
        if (asked !== path) return yield* open(asked);
        for (; ; endless += 1) yield new Uint8Array(1 << 20);
      };
      expect((await verifyPackage(copy, { hasher })).verdict).not.toBe('verified');
      expect(endless).toBeLessThan(100);
    },
  );
});

/** Signed at a time when no certificate was in force: the fault shows at the certificate. */
function otherTime(): string {
  const jws = JSON.parse(whole.text(PATHS.manifest)) as { payload: string };
  const payload = Buffer.from(jws.payload, 'base64url').toString().replace('"sealedAt":"2026', '"sealedAt":"2025');
  return JSON.stringify({ ...jws, payload: Buffer.from(payload).toString('base64url') });
}
