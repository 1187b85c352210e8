import { beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, signPayload, signerOf, type GeneralJws, type PrivateJwk } from '#domain/manifest';
import { AttackedPackage, expectBroken } from '../../../../test/support/attacked-package.js';
import {
  GOLDEN_IDS,
  agreement,
  goldenKeys,
  officerCertificate,
  type GoldenKeys,
} from '../../../../test/support/golden-keys.js';
import { makeGolden, packageOf } from '../../../../test/support/golden-package.js';
import { nodeHashers, type MemoryPackage } from '../../../../test/support/memory-package.js';
import { PATHS, inlineHasher, verifyPackage, type Link, type PackagedKeys } from '../index.js';

const impostor = goldenKeys('impostor');
let attacked: AttackedPackage;

beforeAll(async () => {
  attacked = await AttackedPackage.make();
});

type Attack = readonly [what: string, link: Link, says: RegExp, make: () => MemoryPackage | Promise<MemoryPackage>];

const SIGNATURES: readonly Attack[] = [
  [
    'signed by another key',
    'signer-certificate',
    /no certificate of officer/,
    () => signedWith({ officer: impostor.officer }),
  ],
  ['altered under its signature', 'manifest-signature', /is not of this content/, () => payloadAltered()],
  ['103 not canonical JSON', 'manifest-signature', /not canonical JSON/, () => pretty()],
  [
    'with a member twice',
    'manifest-signature',
    /second time/,
    () => attacked.altered(PATHS.manifest, manifestText().replace('{', '{"payload":"",')),
  ],
  [
    'with an unprotected header',
    'manifest-signature',
    /not a general JWS/,
    () => attacked.altered(PATHS.manifest, manifestText().replace('{"protected"', '{"header":{},"protected"')),
  ],
  ['that is no JSON', 'manifest-signature', /manifest\.jws\.json/, () => attacked.altered(PATHS.manifest, 'none')],
  ['that is missing', 'manifest-signature', /is missing/, () => attacked.altered(PATHS.manifest, null)],
  [
    "without the officer's signature",
    'manifest-signature',
    /no officer has signed/,
    () => withSignatures((all) => all.slice(1)),
  ],
  ['with a signature twice', 'manifest-signature', /signed twice/, () => withSignatures((all) => [...all, ...all])],
  ['that is not sealed', 'seal', /not one seal/, () => withSignatures((all) => all.slice(0, 1))],
  ['sealed by another key', 'seal', /nobody known has the key/, () => signedWith({ platform: impostor.platform })],
  ['sealed before it was signed', 'seal', /sealed before the officer/, () => sealedAt('2026-11-20T16:05:00.001Z')],
  [
    'sealed by a key that is none',
    'seal',
    /not a public Ed25519 key/,
    () => attacked.altered(PATHS.platformKey, '{"crv":"Ed25519","kty":"OKP","x":"AA"}'),
  ],
  ['sealed by a key that is missing', 'seal', /is missing/, () => attacked.altered(PATHS.platformKey, null)],
];

/** Whole in themselves, with keys that the log has never seen at work. */
const SWAPPED_KEYS: readonly Attack[] = [
  [
    'of officer and agency',
    'custody-entry',
    /manifest-signed.*another signature/,
    () => resigned({ officer: impostor.officer, agency: impostor.agency }),
  ],
  ['of the platform', 'custody-entry', /exhibit-sealed.*another seal/, () => resigned({ platform: impostor.platform })],
];

const CERTIFICATES: readonly Attack[] = [
  [
    "by another key than the agency's",
    'signer-certificate',
    /nobody known has the key/,
    async () => withKeys({ officerCertificate: await officerCertificate({ ...keys(), agency: impostor.agency }) }),
  ],
  [
    'of another officer',
    'signer-certificate',
    /no certificate of officer/,
    async () =>
      withKeys({ officerCertificate: await officerCertificate(keys(), { officerId: GOLDEN_IDS.prosecutor }) }),
  ],
  [
    "by an agency that is not the officer's",
    'signer-certificate',
    /not theirs/,
    async () =>
      withKeys({ officerCertificate: await officerCertificate(keys(), { agencyId: GOLDEN_IDS.otherAgency }) }),
  ],
  [
    'that had expired when the manifest was sealed',
    'signer-certificate',
    /held until/,
    async () =>
      withKeys({ officerCertificate: await officerCertificate(keys(), { validUntil: '2026-11-20T16:00:00.000Z' }) }),
  ],
  [
    'that was not in force yet',
    'signer-certificate',
    /holds from/,
    async () =>
      withKeys({ officerCertificate: await officerCertificate(keys(), { validFrom: '2026-11-20T16:00:00.001Z' }) }),
  ],
  [
    'that is missing',
    'signer-certificate',
    /no certificate of officer/,
    () => attacked.altered(`data/keys/officer-${GOLDEN_IDS.officer}.jws.json`, null),
  ],
  [
    'without the statement of the agency',
    'signer-certificate',
    /nobody known has the key/,
    () => attacked.altered(`data/keys/agency-${GOLDEN_IDS.agency}.jws.json`, null),
  ],
  [
    'beside an agreement that lists another key',
    'signer-certificate',
    /lists another key of agency/,
    async () => withKeys({ agreements: [await agreement({ ...keys(), agency: impostor.agency })] }),
  ],
  [
    'beside an agreement one party has not signed',
    'signer-certificate',
    /not signed by every party/,
    async () => withKeys({ agreements: [await halfSigned()] }),
  ],
  [
    'beside a document of another kind',
    'signer-certificate',
    /typ/,
    async () =>
      attacked.altered('data/keys/other.jws.json', canonicalJson(await signed({}, 'amana-receipt+jws', keys().agency))),
  ],
];

describe('the manifest of a package', () => {
  it.each(SIGNATURES)('is not one %s (%s)', async (_what, link, says, make) => {
    await expectBroken(await make(), link, says, attacked.policy);
  });

  it('may rest on an agreement that lists the key of the agency', async () => {
    const shared = await withKeys({ agreements: [await agreement(keys())] });
    const verdict = await verifyPackage(shared, { hasher: inlineHasher(nodeHashers), policy: attacked.policy });
    expect(verdict).toMatchObject({ verdict: 'verified', checked: { certificates: 3, signatures: 2 } });
  });
});

describe('the log', () => {
  it.each(SWAPPED_KEYS)('shows keys %s that were swapped (%s)', async (_what, link, says, make) => {
    await expectBroken(await make(), link, says, attacked.policy);
  });
});

describe('the certificate of who signed', () => {
  it.each(CERTIFICATES)('is not one %s (%s)', async (_what, link, says, make) => {
    await expectBroken(await make(), link, says, attacked.policy);
  });
});

const keys = () => attacked.golden.keys;
const manifestText = () => attacked.whole.text(PATHS.manifest);
const sealedManifest = () => attacked.golden.content.manifest as GeneralJws;

async function signedWith(others: Partial<GoldenKeys>): Promise<MemoryPackage> {
  const { content } = await makeGolden({ keys: { ...keys(), ...others } });
  return attacked.of({ manifest: content.manifest });
}

/** The true record around a manifest signed, sealed and certified with other keys. */
async function resigned(others: Partial<GoldenKeys>): Promise<MemoryPackage> {
  const { content } = await makeGolden({ keys: { ...keys(), ...others } });
  return attacked.of({ manifest: content.manifest, keys: content.keys });
}

async function sealedAt(sealedAt: string): Promise<MemoryPackage> {
  return packageOf((await makeGolden({ manifest: (manifest) => ({ ...manifest, sealedAt }) })).content);
}

function withSignatures(alter: (signatures: GeneralJws['signatures']) => GeneralJws['signatures']): MemoryPackage {
  const jws = sealedManifest();
  return attacked.altered(PATHS.manifest, canonicalJson({ ...jws, signatures: alter(jws.signatures) }));
}

function withKeys(others: Partial<PackagedKeys>): Promise<MemoryPackage> {
  return attacked.of({ keys: { ...attacked.golden.content.keys, ...others } });
}

async function halfSigned(): Promise<GeneralJws> {
  const whole = await agreement(keys());
  return { ...whole, signatures: whole.signatures.slice(1) };
}

function payloadAltered(): MemoryPackage {
  const jws = sealedManifest();
  const payload = Buffer.from(jws.payload, 'base64url').toString().replace('empty.txt', 'other.txt');
  return attacked.altered(
    PATHS.manifest,
    canonicalJson({ ...jws, payload: Buffer.from(payload).toString('base64url') }),
  );
}

async function pretty(): Promise<MemoryPackage> {
  const payload = JSON.stringify(attacked.golden.manifest, null, 1);
  const jws = await signPayload(Buffer.from(payload), 'amana-manifest+jws', await signerOf(keys().officer));
  return attacked.altered(PATHS.manifest, canonicalJson(jws));
}

async function signed(document: object, typ: string, key: PrivateJwk): Promise<GeneralJws> {
  return signPayload(canonicalJson(document), typ, await signerOf(key));
}
