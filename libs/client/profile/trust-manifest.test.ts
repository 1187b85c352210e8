import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  exampleCertificate,
  exampleManifest,
  exampleParty,
  exampleSeal,
} from '../../../test/support/example-documents.js';
import { ExampleWorld, type Party } from '../../../test/support/example-world.js';
import {
  type GeneralJws,
  type Manifest,
  type PrivateJwk,
  addSeal,
  certifyOfficer,
  newSigningKey,
  publicJwkOf,
  signManifest,
  signerOf,
} from '#domain/manifest';
import type { ProfileFacts } from './profile.js';
import { trustManifest } from './trust.js';

let world: ExampleWorld;
let own: Party;
let partner: Party;
let sealKey: PrivateJwk;
let facts: ProfileFacts;

beforeAll(async () => {
  world = await ExampleWorld.make();
  ({ own, partner, sealKey } = world);
  facts = await world.facts();
});

const profileOf = (changed: ProfileFacts) => world.profile(changed);

describe('a manifest', () => {
  let officerKey: PrivateJwk;
  let manifest: Manifest;
  let certificate: GeneralJws;
  beforeAll(async () => {
    officerKey = await newSigningKey();
    const content = await exampleCertificate(partner.party.agencyId, { signingKey: publicJwkOf(officerKey) });
    certificate = await certifyOfficer(content, await signerOf(partner.privateKey));
    manifest = exampleManifest({ agencyId: partner.party.agencyId, officerId: content.officerId });
  });
  const sealed = async (content: Manifest, key: PrivateJwk, seal: PrivateJwk) =>
    addSeal(await signManifest(content, await signerOf(key)), exampleSeal(content), await signerOf(seal));

  it('of a partner is trusted from the signature to the seal', async () => {
    const trusted = await trustManifest(
      await profileOf(facts),
      await sealed(manifest, officerKey, sealKey),
      certificate,
    );
    expect(trusted.manifest.exhibitId).toBe(manifest.exhibitId);
    expect(trusted.signer.officerId).toBe(manifest.officerId);
  });

  it.each<[string, string, () => Promise<[unknown, unknown]>]>([
    [
      'signature-missing',
      'no seal',
      async () => [await signManifest(manifest, await signerOf(officerKey)), certificate],
    ],
    [
      'unknown-signer',
      'the seal of another platform',
      async () => [await sealed(manifest, officerKey, await newSigningKey()), certificate],
    ],
    [
      'unknown-signer',
      'a signature of another key',
      async () => [await sealed(manifest, await newSigningKey(), sealKey), certificate],
    ],
    ['not-trusted', 'no certificate', async () => [await sealed(manifest, officerKey, sealKey), null]],
    [
      'unknown-signer',
      'the certificate of a colleague',
      async () => {
        const content = await exampleCertificate(partner.party.agencyId, { signingKey: publicJwkOf(officerKey) });
        return [
          await sealed(manifest, officerKey, sealKey),
          await certifyOfficer(content, await signerOf(partner.privateKey)),
        ];
      },
    ],
    [
      'not-trusted',
      'a certificate by an agency that nobody knows',
      async () => {
        const stranger = await exampleParty();
        const content = await exampleCertificate(stranger.party.agencyId, {
          signingKey: publicJwkOf(officerKey),
          officerId: manifest.officerId,
        });
        return [
          await sealed(manifest, officerKey, sealKey),
          await certifyOfficer(content, await signerOf(stranger.privateKey)),
        ];
      },
    ],
    [
      'not-trusted',
      'a certificate by us for an officer of the partner',
      async () => {
        const content = await exampleCertificate(partner.party.agencyId, {
          signingKey: publicJwkOf(officerKey),
          officerId: manifest.officerId,
        });
        return [
          await sealed(manifest, officerKey, sealKey),
          await certifyOfficer(content, await signerOf(own.privateKey)),
        ];
      },
    ],
    [
      'not-trusted',
      'a certificate that had ended',
      async () => {
        const content = await exampleCertificate(partner.party.agencyId, {
          signingKey: publicJwkOf(officerKey),
          officerId: manifest.officerId,
          validUntil: '2026-02-01T00:00:00.000Z',
        });
        return [
          await sealed(manifest, officerKey, sealKey),
          await certifyOfficer(content, await signerOf(partner.privateKey)),
        ];
      },
    ],
  ])('is refused (%s) with %s', async (code, _, make) => {
    const [jws, given] = await make();
    await expect(trustManifest(await profileOf(facts), jws, given)).rejects.toMatchObject({ code });
  });
});
