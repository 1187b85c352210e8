import { beforeAll, describe, expect, it } from '@jest/globals';
import { publicJwkOf, thumbprintOf } from '#domain/manifest';
import { formatLogPolicy, parseLogPolicy } from '#domain/merkle';
import { AttackedPackage } from '../../../test/support/attacked-package.js';
import { GOLDEN_IDS, agreement, goldenKeys, type GoldenKeys } from '../../../test/support/golden-keys.js';
import { makeGolden, packageOf } from '../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../test/support/memory-package.js';
import { fingerprintOf, formatReaderPolicy, inlineHasher, parseReaderPolicy, verifyPackage } from './index.js';

const hasher = inlineHasher(nodeHashers);
const bytes = (text: string) => new TextEncoder().encode(text);
let attacked: AttackedPackage;
let keys: GoldenKeys;
let logPolicy: string;

beforeAll(async () => {
  attacked = await AttackedPackage.make();
  keys = goldenKeys();
  logPolicy = formatLogPolicy(keys.log.verifier);
});

/** A policy that names these keys; all of them those of the golden package when nothing is said. */
function policyNaming({ platform, agency, otherAgency }: Partial<GoldenKeys> = keys): Promise<string> {
  const named = [
    ...(agency ? [{ agencyId: GOLDEN_IDS.agency, signingKey: publicJwkOf(agency) }] : []),
    ...(otherAgency ? [{ agencyId: GOLDEN_IDS.otherAgency, signingKey: publicJwkOf(otherAgency) }] : []),
  ];
  return formatReaderPolicy(keys.log.verifier, { platform: publicJwkOf(platform ?? keys.platform), agencies: named });
}

/** All that an impostor can make who has every key but the log's, and got this into the log. */
async function forgedBy(world: Partial<GoldenKeys>): Promise<MemoryPackage> {
  return packageOf((await makeGolden({ keys: { ...keys, ...world } })).content);
}

const verify = async (made: MemoryPackage, policy: string) => verifyPackage(made, { hasher, policy: bytes(policy) });

describe('a policy that names the keys of platform and agency', () => {
  it('is read back as it is written, and is a plain log policy to others', async () => {
    const text = await policyNaming();
    expect(parseLogPolicy(bytes(text))).toEqual(parseLogPolicy(bytes(logPolicy)));
    const { platforms, agencies } = parseReaderPolicy(bytes(`# of the court\n${text}`));
    expect(platforms).toEqual(new Set([await thumbprintOf(publicJwkOf(keys.platform))]));
    expect([...(agencies ?? [])].map(([id]) => id)).toEqual([GOLDEN_IDS.agency, GOLDEN_IDS.otherAgency]);
    expect(parseReaderPolicy(bytes(logPolicy))).toMatchObject({ platforms: null, agencies: null, authorities: null });
  });

  it('names timestamp authorities by the digest of a root, and their policies', async () => {
    const [root, other] = [new Uint8Array([1]), new Uint8Array([2])];
    const pins = { platform: publicJwkOf(keys.platform), agencies: [], timestampRoots: [root, other] };
    const text = await formatReaderPolicy(keys.log.verifier, pins);
    expect(text).toContain('\n#amana tsa 4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a\n');
    const roots = new Set([fingerprintOf(root), fingerprintOf(other)]);
    expect(parseReaderPolicy(bytes(text)).authorities).toEqual({ roots, policies: null });
    const more = `${text}#amana tsa-policy 1.3.6.1.4.1.32473.1\n#amana tsa-policy 2.16.840.1.0\n`;
    const policies = new Set(['1.3.6.1.4.1.32473.1', '2.16.840.1.0']);
    expect(parseReaderPolicy(bytes(more)).authorities).toEqual({ roots, policies });
  });

  it('refuses a policy of authorities without any authority, which would ask for nothing', () => {
    const parse = () => parseReaderPolicy(bytes(`${logPolicy}#amana tsa-policy 1.2.3\n`));
    expect(parse).toThrow(expect.objectContaining({ code: 'bad-policy' }));
  });

  it('verifies a package by those keys, and says so', async () => {
    expect(await verify(attacked.whole, await policyNaming())).toMatchObject({
      verdict: 'verified',
      detail: expect.stringMatching(/; the keys of log, agency and platform are those given$/),
      checked: { pinnedKeys: 3 },
    });
  });

  it('takes each of the keys that an agency has had', async () => {
    const old = await policyNaming({ agency: goldenKeys('older').agency, platform: goldenKeys('older').platform });
    const both = `${old}${(await policyNaming()).replace(logPolicy, '')}`;
    expect(await verify(attacked.whole, both)).toMatchObject({ verdict: 'verified', checked: { pinnedKeys: 3 } });
  });

  it('leaves to the package what it does not name, and says so', async () => {
    const platformAlone = await policyNaming({ platform: keys.platform });
    expect(await verify(attacked.whole, platformAlone)).toMatchObject({
      verdict: 'verified',
      detail: expect.stringMatching(/; the keys of agency are the package's own claim$/),
      checked: { pinnedKeys: 2 },
    });
  });

  it.each<[string, 'signer-certificate' | 'seal', RegExp, Partial<GoldenKeys>]>([
    ['agency', 'signer-certificate', /names another key of agency/, { agency: goldenKeys('impostor').agency }],
    ['platform', 'seal', /which the policy given does not name/, { platform: goldenKeys('impostor').platform }],
  ])('finds a package broken that is by another key of the %s', async (_whose, link, says, world) => {
    const forged = await forgedBy(world);
    expect(await verify(forged, logPolicy)).toMatchObject({ verdict: 'verified' });
    const verdict = await verify(forged, await policyNaming());
    expect(verdict).toMatchObject({ verdict: 'broken', link });
    expect(verdict.detail).toMatch(says);
  });

  it('finds a package broken whose agreement lists another key of a partner', async () => {
    const { content } = await makeGolden();
    const forged = await agreement({ ...keys, otherAgency: goldenKeys('impostor').otherAgency });
    const made = await packageOf({ ...content, keys: { ...content.keys, agreements: [forged] } });
    expect(await verify(made, await policyNaming())).toMatchObject({ verdict: 'broken', link: 'signer-certificate' });
  });

  it('cannot tell of a package by an agency that it does not name, unless that is broken', async () => {
    const others = await policyNaming({ otherAgency: keys.otherAgency });
    expect(await verify(attacked.whole, others)).toMatchObject({ verdict: 'undecided', link: 'signer-certificate' });
    const broken = attacked.lineAltered(0, () => '');
    expect(await verify(broken, others)).toMatchObject({ verdict: 'broken', link: 'custody-entry' });
  });

  it.each([
    '#amana platform',
    '#amana platform abc',
    `#amana agency ${GOLDEN_IDS.agency}`,
    `#amana agency nobody ${'A'.repeat(43)}`,
    `# amana platform ${'A'.repeat(43)}`,
    `#Amana platform ${'A'.repeat(43)}`,
    `#amana platfrom ${'A'.repeat(43)}`,
    `#amana platform ${'A'.repeat(43)} `,
    '#amana tsa',
    `#amana tsa ${'A'.repeat(64)}`,
    `#amana tsa ${'a'.repeat(63)}`,
    `#amana tsa ${'aa:'.repeat(31)}aa`,
    '#amana tsa-policy 1',
    '#amana tsa-policy 1.02',
    '#amana tsa-policy 3.1',
    '#amana tsa-policy 1.2.',
  ])('refuses a line that looks like one of ours and pins nothing: %s', (line) => {
    const parse = () => parseReaderPolicy(bytes(`${logPolicy}${line}\n`));
    expect(parse).toThrow(expect.objectContaining({ code: 'bad-policy', message: expect.stringMatching(/^line 3: /) }));
  });
});
