import { beforeAll, describe, expect, it } from '@jest/globals';
import { grantedResponse, MAX_TOKEN_SIZE_BYTES, newEvidenceRecord, formatPemCertificates } from '#domain/time';
import { AttackedPackage, expectBroken } from '../../../../test/support/attacked-package.js';
import { packageOf } from '../../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../../test/support/memory-package.js';
import { randomOf } from '../../../../test/support/random.js';
import {
  STAMPED_AT,
  authorityOf,
  renewedBy,
  stampedBy,
  stampedBytes,
} from '../../../../test/support/stamped-package.js';
import { POLICY, TIME_STAMPING, type TestAuthority } from '../../../../test/support/timestamp-authority.js';
import {
  PATHS,
  evidenceRecordPath,
  fingerprintOf,
  inlineHasher,
  timestampPath,
  verifyPackage,
  type PackageContent,
  type PackagedTimestamps,
} from '../index.js';

const hasher = inlineHasher(nodeHashers);
const { random, seed } = randomOf(process.env.AMANA_SEED);
const EVERY_BYTES = 17; // The tests of `#domain/time` change every one.
const year = (value: number) => new Date(`${value}-06-01T00:00:00Z`);
let attacked: AttackedPackage;
let authority: TestAuthority;
let content: PackageContent;
let whole: MemoryPackage;
let checkpoint: Uint8Array;
let manifest: Uint8Array;

beforeAll(async () => {
  attacked = await AttackedPackage.make();
  authority = await authorityOf();
  content = await stampedBy(authority, attacked.golden.content);
  whole = await packageOf(content);
  ({ checkpoint, manifest } = stampedBytes(content));
});

/** A policy that names these authorities. */
const naming = (authorities: readonly TestAuthority[], more = ''): Uint8Array =>
  Buffer.concat([
    attacked.policy,
    Buffer.from(authorities.map(({ root }) => `#amana tsa ${fingerprintOf(root.der)}\n`).join('') + more),
  ]);
const verify = (made: MemoryPackage, policy?: Uint8Array, at?: Date) =>
  verifyPackage(made, { hasher, ...(policy && { policy }), ...(at && { at }) });
const stampedWith = (timestamps: Partial<PackagedTimestamps>) =>
  packageOf({ ...content, timestamps: { ...content.timestamps!, ...timestamps } });
const altered = (path: string, bytes: Uint8Array | string | null) => whole.copy().set(path, bytes).rebag();

describe('timestamps of a package', () => {
  it('hold, by an authority that is its own claim', async () => {
    const verdict = await verify(whole);
    expect(verdict).toMatchObject({ verdict: 'verified', checked: { timestamps: 2, pinnedTimestamps: 0 } });
    expect(verdict.detail).toContain(
      'the checkpoint was there at 2026-11-20T16:10:00.000Z (CN=signer, standing until 2040-01-01T00:00:00.000Z) and ' +
        'the manifest was there at 2026-11-20T16:10:00.000Z (CN=signer, standing until 2040-01-01T00:00:00.000Z) ' +
        "by the word of an authority that is the package's own claim; ",
    );
  });

  it('hold by an authority that the reader names, and that is said', async () => {
    const policy = naming([await authorityOf(), authority], `#amana tsa-policy ${POLICY}\n`);
    const verdict = await verify(whole, policy, year(2027));
    expect(verdict).toMatchObject({ verdict: 'verified', checked: { timestamps: 2, pinnedTimestamps: 2 } });
    expect(verdict.detail).toContain('by the word of an authority of those given; ');
  });

  it('are not asked for by who names no authority; that there are none is said', async () => {
    const none = await verify(attacked.whole, attacked.policy);
    expect(none).toMatchObject({ verdict: 'verified', checked: { timestamps: 0 } });
    expect(none.detail).toContain('; nothing attests the time; ');
    const one = await stampedWith({ manifest: null });
    expect(await verify(one)).toMatchObject({ verdict: 'verified', checked: { timestamps: 1 } });
  });

  it.each<[string, (files: PackagedTimestamps) => Partial<PackagedTimestamps> | null]>([
    ['checkpoint', () => null],
    ['checkpoint', () => ({ checkpoint: null })],
    ['manifest', () => ({ manifest: null })],
  ])('are asked for by who names an authority: without that of the %s it cannot be told', async (part, change) => {
    const timestamps = change(content.timestamps!);
    const made = timestamps === null ? attacked.whole : await stampedWith(timestamps);
    const verdict = await verify(made, naming([authority]));
    expect(verdict).toMatchObject({ verdict: 'undecided', link: 'timestamp' });
    expect(verdict.detail).toMatch(new RegExp(`nothing attests the time of the ${part}$`));
    // A package that is broken is so whoever the reader trusts.
    const broken = made.copy().set(PATHS.events, '').rebag();
    expect(await verify(broken, naming([authority]))).toMatchObject({ verdict: 'broken', link: 'custody-entry' });
  });
});

describe('a timestamp that does not hold', () => {
  it.each<[string, RegExp, () => Promise<Uint8Array>]>([
    ['over other bytes', /over other bytes/, () => authority.stamp(manifest, { genTime: STAMPED_AT })],
    ['that is none', /malformed/, () => Promise.resolve(new Uint8Array(100).fill(48))],
    [
      'by a certificate without the purpose',
      /not for timestamps/,
      async () => (await authorityOf({ purposes: null })).stamp(checkpoint, { genTime: STAMPED_AT }),
    ],
    [
      'by a certificate of more purposes',
      /not for timestamps/,
      async () =>
        (await authorityOf({ purposes: { oids: [TIME_STAMPING, '1.3.6.1.5.5.7.3.1'], critical: true } })).stamp(
          checkpoint,
          { genTime: STAMPED_AT },
        ),
    ],
    [
      'by another authority than the package has',
      /no path leads/,
      async () =>
        (await authorityOf({ name: 'other' }, { name: 'another' })).stamp(checkpoint, { genTime: STAMPED_AT }),
    ],
    [
      'by another authority of the same name',
      /did not sign it/,
      async () => (await authorityOf()).stamp(checkpoint, { genTime: STAMPED_AT }),
    ],
    [
      'made when its certificate was not valid',
      /is valid from/,
      () => authority.stamp(checkpoint, { genTime: new Date('2041-01-01') }),
    ],
  ])('%s → timestamp', async (_what, says, token) => {
    const made = altered(timestampPath('checkpoint'), grantedResponse(await token()));
    await expectBroken(made, 'timestamp', says);
    await expectBroken(made, 'timestamp', /./, naming([authority]));
  });

  it('is one of the checkpoint in the place of that of the manifest', async () => {
    const swapped = altered(timestampPath('manifest'), whole.files.get(timestampPath('checkpoint'))!);
    await expectBroken(swapped, 'timestamp', /manifest\.tsr: the token is over other bytes/);
  });

  it('is one by an authority that the reader does not name, whatever the package says', async () => {
    await expectBroken(whole, 'timestamp', /no root that the policy given names/, naming([await authorityOf()]));
  });

  it('is one under a policy that the reader does not accept', async () => {
    const policy = naming([authority], '#amana tsa-policy 1.2.3\n');
    await expectBroken(whole, 'timestamp', /the policy .* is not accepted/, policy);
  });

  it(`is one with a bit changed anywhere, whatever else agrees with it (seed ${seed})`, async () => {
    const passed: string[] = [];
    for (const path of [timestampPath('checkpoint'), timestampPath('manifest')]) {
      const bytes = whole.files.get(path)!;
      for (let at = Math.floor(random() * EVERY_BYTES); at < bytes.length; at += EVERY_BYTES) {
        const changed = Uint8Array.from(bytes);
        changed[at]! ^= 1 << Math.floor(random() * 8);
        const { verdict, link } = await verify(altered(path, changed));
        if (verdict !== 'broken' || link !== 'timestamp') passed.push(`${path} byte ${at}: ${verdict} ${link}`);
      }
    }
    expect(passed).toEqual([]);
  }, 300_000);

  it.each<[string, RegExp, (copy: MemoryPackage) => MemoryPackage]>([
    ['a token that is in no answer', /not an answer/, (copy) => copy.set(timestampPath('manifest'), token('manifest'))],
    ['no certificates', /tsa\.pem is missing/, (copy) => copy.set(PATHS.authorities, null)],
    ['certificates that are none', /malformed/, (copy) => copy.set(PATHS.authorities, 'x')],
    ['words among the certificates', /more in it/, (copy) => copy.set(PATHS.authorities, `words\n${pem()}`)],
    ['a certificate twice', /no timestamp leads to/, (copy) => copy.set(PATHS.authorities, pem() + pem())],
    [
      'certificates beside no timestamp',
      /tsa\.pem is beside no timestamp/,
      (copy) => copy.set(timestampPath('manifest'), null).set(timestampPath('checkpoint'), null),
    ],
    [
      'an evidence record beside no timestamp',
      /manifest\.ers is beside no timestamp/,
      (copy) =>
        copy
          .set(evidenceRecordPath('manifest'), newEvidenceRecord(token('manifest')))
          .set(timestampPath('manifest'), null),
    ],
  ])('is one with %s', async (_what, says, alter) => {
    await expectBroken(alter(whole.copy()).rebag(), 'timestamp', says);
  });

  it.each([timestampPath('checkpoint'), evidenceRecordPath('manifest'), PATHS.authorities])(
    'is refused unread when it is too large: %s',
    async (path) => {
      const copy = whole.copy().set(path, new Uint8Array(1)).rebag();
      copy.claimedSizes.set(path, 16 * MAX_TOKEN_SIZE_BYTES + 1);
      const verdict = await verify(copy);
      expect(verdict).toMatchObject({ verdict: 'broken', link: 'timestamp' });
      expect(verdict.detail).toMatch(/at most are read$/);
    },
  );

  const token = (part: 'checkpoint' | 'manifest') => content.timestamps![part]!.token;
  const pem = () => formatPemCertificates([authority.root.der]);
});

describe('what is under a timestamp', () => {
  const at = (time: string) => stampedBy(authority, attacked.golden.content, new Date(time)).then(packageOf);

  it('says of none of its events that it was later, by more than clocks differ', async () => {
    // The last event is of 16:07.
    expect((await verify(await at('2026-11-20T16:02:00Z'))).verdict).toBe('verified');
    await expectBroken(
      await at('2026-11-20T16:01:59Z'),
      'timestamp',
      /index 23 says it is of 2026-11-20T16:07:00\.000Z, and was there at 2026-11-20T16:01:59\.000Z already/,
    );
  });

  it('says of the manifest no more than that', async () => {
    const early = { token: await authority.stamp(manifest, { genTime: new Date('2026-11-20T15:54:59Z') }) };
    const made = await stampedWith({ manifest: { ...early, evidenceRecord: null } });
    await expectBroken(made, 'timestamp', /the manifest says it is of 2026-11-20T16:00:00\.000Z/);
  });

  it('may have been there for years', async () => {
    expect((await verify(await at('2036-01-01T00:00:00Z'))).verdict).toBe('verified');
  });
});

describe('a timestamp whose certificates have ended', () => {
  let short: TestAuthority;
  let next: TestAuthority;
  let ended: PackageContent;
  beforeAll(async () => {
    const until = (end: number) => ({ notAfter: new Date(`${end}-01-01`) });
    short = await authorityOf(until(2028), until(2028));
    next = await authorityOf(until(2034), until(2034));
    ended = await stampedBy(short, attacked.golden.content);
  });

  async function renewed(genTime: Date): Promise<MemoryPackage> {
    const { checkpoint: head, manifest: statement } = ended.timestamps!;
    return packageOf({
      ...ended,
      timestamps: {
        checkpoint: await renewedBy(next, head!, genTime),
        manifest: await renewedBy(next, statement!, genTime),
        roots: [short.root.der, next.root.der],
      },
    });
  }

  it('stands no longer for a reader who names its authority', async () => {
    const made = await packageOf(ended);
    const policy = naming([short]);
    expect(await verify(made, policy, year(2027))).toMatchObject({ verdict: 'verified' });
    const late = await verify(made, policy, year(2029));
    expect(late).toMatchObject({ verdict: 'undecided', link: 'timestamp' });
    expect(late.detail).toMatch(/stood until 2028-01-01T00:00:00\.000Z, when its certificates ended/);
  });

  it('stands where it was renewed in time, until that ends', async () => {
    const made = await renewed(year(2027));
    const policy = naming([short, next]);
    const verdict = await verify(made, policy, year(2033));
    expect(verdict).toMatchObject({ verdict: 'verified', checked: { timestamps: 2, pinnedTimestamps: 2 } });
    expect(verdict.detail).toContain(
      'at 2026-11-20T16:10:00.000Z (CN=signer, standing until 2034-01-01T00:00:00.000Z)',
    );
    expect(await verify(made, policy, year(2035))).toMatchObject({ verdict: 'undecided', link: 'timestamp' });
  });

  it('does not stand where it was renewed too late, or by somebody the reader does not name', async () => {
    await expectBroken(await renewed(year(2029)), 'timestamp', /checkpoint\.ers: a timestamp ended/);
    await expectBroken(await renewed(year(2027)), 'timestamp', /checkpoint\.ers: /, naming([short]));
  });

  it('is not renewed by a record of another', async () => {
    const made = await renewed(year(2027));
    const other = { token: await short.stamp(checkpoint, { genTime: STAMPED_AT }), evidenceRecord: null };
    const { evidenceRecord } = await renewedBy(next, other, year(2027));
    const swapped = made.copy().set(evidenceRecordPath('checkpoint'), evidenceRecord).rebag();
    await expectBroken(swapped, 'timestamp', /does not begin with the timestamp/);
    const ofManifest = made.files.get(evidenceRecordPath('manifest'))!;
    const crossed = made.copy().set(evidenceRecordPath('checkpoint'), ofManifest).rebag();
    await expectBroken(crossed, 'timestamp', /checkpoint\.ers: an archive timestamp is over something else/);
  });

  it('gives the same verdict whatever the clock says, where the reader names no authority', async () => {
    const made = await packageOf(ended);
    const [early, late] = [await verify(made, undefined, year(2020)), await verify(made, undefined, year(2050))];
    expect(early.verdict).toBe('verified');
    expect(late).toEqual(early);
  });

  it('is of a time that has not come, for who has a slow clock', async () => {
    const verdict = await verify(await packageOf(ended), naming([short]), year(2026));
    expect(verdict).toMatchObject({ verdict: 'undecided', link: 'timestamp' });
    expect(verdict.detail).toMatch(/to which the clock here has not come/);
  });
});
