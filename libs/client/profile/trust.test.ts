import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  exampleAgreement,
  exampleCertificate,
  exampleManifest,
  exampleParty,
  exampleSeal,
} from '../../../test/support/example-documents.js';
import type { AgreementView } from '#domain/contract';
import { AgencyId, AgreementId, ExhibitId, type OfficerId, TeamId } from '#domain/evidence';
import {
  type AgencyKeys,
  type Agreement,
  type GeneralJws,
  type Manifest,
  type PrivateJwk,
  addSeal,
  certifyOfficer,
  countersignAgreement,
  newSigningKey,
  publicJwkOf,
  signAgencyStatement,
  signAgreement,
  signManifest,
  signerOf,
} from '#domain/manifest';
import { newIdentity, openHeader, recipientOf, makeHeader } from '#domain/sealing';
import { testAead } from '../../../test/support/node-primitives.js';
import { rewrapFileKeys } from '#client/share';
import { type Profile, type ProfileFacts, refreshProfile } from './profile.js';
import { agreementOfTeam, knownAgencies, ownAgencyKeys, partyOf, trustManifest } from './trust.js';

interface Party {
  party: AgencyKeys;
  privateKey: PrivateJwk;
}

const teamId = TeamId.parse('0e9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10');
const now = new Date('2026-11-24T21:00:00.000Z');
let own: Party;
let partner: Party;
let sealKey: PrivateJwk;
let agreement: Agreement;
let facts: ProfileFacts;

beforeAll(async () => {
  own = await exampleParty();
  partner = await exampleParty({ state: 'IT', name: 'Procura di Palermo' });
  sealKey = await newSigningKey();
  agreement = exampleAgreement([own.party, partner.party]);
  facts = await factsWith(await signedBy(agreement, own, partner));
});

async function signedBy(content: Agreement, first: Party, ...others: Party[]): Promise<GeneralJws> {
  let instrument = await signAgreement(content, await signerOf(first.privateKey));
  for (const { privateKey } of others) instrument = await countersignAgreement(instrument, await signerOf(privateKey));
  return instrument;
}

async function factsWith(
  instrument: unknown,
  keys: Party = own,
  changes: Partial<ProfileFacts> = {},
): Promise<ProfileFacts> {
  const { agencyId, name, state } = keys.party;
  const statement = await signAgencyStatement(
    { schema: 'amana-agency/v1', ...keys.party },
    await signerOf(keys.privateKey),
  );
  const view: AgreementView = {
    id: agreement.agreementId,
    title: 'x',
    validFrom: agreement.validFrom,
    validUntil: agreement.validUntil,
    instrument,
  };
  return {
    api: 'http://api.test',
    platform: {
      software: 'x',
      publicUrl: 'x',
      issuer: 'x',
      clientIdCli: 'x',
      logOrigin: 'log',
      logVerifierKey: 'log+1+k',
      sealKey: publicJwkOf(sealKey),
    },
    officer: {
      id: '0f9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10' as OfficerId,
      agencyId,
      name: 'n',
      email: 'e',
      roles: [],
      keyState: 'none',
      signingKey: null,
      recipient: null,
      certificate: null,
    },
    agency: { id: agencyId, state, name, kind: 'border', contact: 'c', statement },
    teams: [{ id: teamId, name: 'Route 7', agreementId: agreement.agreementId, agencies: [] }],
    agreements: [view],
    agencyKeys: null,
    ...changes,
  };
}

const profileOf = async (changed: ProfileFacts, before: Profile | null = null) => refreshProfile(changed, before);

describe('a profile', () => {
  it('keeps its pins while the keys stay', async () => {
    const before = await profileOf(facts);
    expect(await profileOf(facts, before)).toEqual(before);
  });

  it.each<[string, () => Promise<ProfileFacts>]>([
    ["the agency's", async () => factsWith(null, { ...(await exampleParty({ agencyId: own.party.agencyId })) })],
    ["the log's", async () => ({ ...facts, platform: { ...facts.platform, logVerifierKey: 'log+2+k' } })],
    [
      "the seal's",
      async () => ({ ...facts, platform: { ...facts.platform, sealKey: publicJwkOf(await newSigningKey()) } }),
    ],
    ["the log's, which is gone", async () => ({ ...facts, platform: { ...facts.platform, logVerifierKey: null } })],
  ])('refuses another key: %s', async (_, changed) => {
    const before = await profileOf(facts);
    await expect(profileOf(await changed(), before)).rejects.toMatchObject({ code: 'pinned-key-changed' });
    await expect(refreshProfile(await changed(), before, true)).resolves.toBeTruthy();
  });

  it('refuses a statement that does not hold', async () => {
    const statement = facts.agency.statement as GeneralJws;
    const payload = statement.payload.slice(0, -4) + 'AAAA';
    const spoilt = { ...facts, agency: { ...facts.agency, statement: { ...statement, payload } } };
    await expect(profileOf(spoilt)).rejects.toMatchObject({ code: 'not-trusted' });
  });

  it('pins what was not there before', async () => {
    const before = await profileOf({ ...facts, agency: { ...facts.agency, statement: null } });
    await expect(ownAgencyKeys(before)).rejects.toMatchObject({ code: 'agency-without-keys' });
    const after = await profileOf(facts, before);
    expect((await ownAgencyKeys(after)).recipient).toBe(own.party.recipient);
  });
});

describe('whom an exhibit may be shared with', () => {
  it('is told by the agreement that every party signed', async () => {
    const found = await agreementOfTeam(await profileOf(facts), teamId, now);
    expect(partyOf(found, partner.party.agencyId)).toEqual(partner.party);
    expect(() => partyOf(found, AgencyId.parse('0c9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10'))).toThrow(
      expect.objectContaining({ code: 'not-a-party' }),
    );
  });

  it.each<[string, string, () => Promise<ProfileFacts>]>([
    ['not-trusted', 'a signature missing', async () => factsWith(await signedBy(agreement, own))],
    [
      'not-trusted',
      'another recipient put in by who has the document',
      async () => {
        const instrument = await signedBy(agreement, own, partner);
        const swapped = {
          ...agreement,
          parties: [own.party, { ...partner.party, recipient: recipientOf(newIdentity()) }],
        };
        const { payload } = await signedBy(swapped, own, partner);
        return factsWith({ ...instrument, payload });
      },
    ],
    [
      'not-trusted',
      'keys of our own agency that are not ours: a forger signs for both',
      async () => {
        const forged = await exampleParty({ agencyId: own.party.agencyId, name: own.party.name });
        const forgedPartner = await exampleParty({ ...partner.party, signingKey: publicJwkOf(partner.privateKey) });
        const partnerOfForger = {
          party: { ...forgedPartner.party, signingKey: publicJwkOf(forgedPartner.privateKey) },
          privateKey: forgedPartner.privateKey,
        };
        const content = { ...agreement, parties: [forged.party, partnerOfForger.party] };
        return factsWith(await signedBy(content, forged, partnerOfForger));
      },
    ],
    [
      'not-trusted',
      'our signing key with another recipient',
      async () => {
        const content = {
          ...agreement,
          parties: [{ ...own.party, recipient: recipientOf(newIdentity()) }, partner.party],
        };
        return factsWith(await signedBy(content, own, partner));
      },
    ],
    [
      'not-trusted',
      'the agreement of another team',
      async () =>
        factsWith(
          await signedBy(
            { ...agreement, agreementId: AgreementId.parse('0d9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10') },
            own,
            partner,
          ),
        ),
    ],
    [
      'not-a-party',
      'an agreement of others',
      async () => {
        const third = await exampleParty();
        return factsWith(await signedBy({ ...agreement, parties: [third.party, partner.party] }, third, partner));
      },
    ],
    [
      'agreement-not-in-force',
      'an agreement that has ended',
      async () => factsWith(await signedBy({ ...agreement, validUntil: '2026-11-01T00:00:00.000Z' }, own, partner)),
    ],
    [
      'agreement-not-in-force',
      'an agreement that has not begun',
      async () => factsWith(await signedBy({ ...agreement, validFrom: '2027-01-01T00:00:00.000Z' }, own, partner)),
    ],
    ['not-trusted', 'no agreement', async () => ({ ...facts, agreements: [] })],
    ['not-a-party', 'no such team', async () => ({ ...facts, teams: [] })],
  ])('is refused (%s) with %s', async (code, _, changed) => {
    const profile = await profileOf(await changed());
    await expect(agreementOfTeam(profile, teamId, now)).rejects.toMatchObject({ code });
  });

  it('knows no agency by an agreement that does not hold', async () => {
    const honest = await knownAgencies(await profileOf(facts));
    expect([...honest.values()].map(({ agencyId }) => agencyId)).toEqual([own.party.agencyId, partner.party.agencyId]);
    const forged = await knownAgencies(await profileOf(await factsWith(await signedBy(agreement, own))));
    expect([...forged.values()].map(({ agencyId }) => agencyId)).toEqual([own.party.agencyId]);
  });
});

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

describe('rewrapping', () => {
  it('gives the same file key to the partner and its recovery recipient, and to nobody else', () => {
    const [ours, theirs, recovery] = [newIdentity(), newIdentity(), newIdentity()];
    const fileKey = crypto.getRandomValues(new Uint8Array(16));
    const id = ExhibitId.parse('0e9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d11') as never;
    const header = Buffer.from(makeHeader(fileKey, [recipientOf(ours)], testAead)).toString('base64');
    const recipient = { ...partner.party, recipient: recipientOf(theirs), recoveryRecipient: recipientOf(recovery) };
    const [wrapped] = rewrapFileKeys([{ id, sealedSizeBytes: 32, header }], [ours], recipient, testAead);
    const bytes = Buffer.from(wrapped!.header, 'base64');
    for (const identity of [theirs, recovery]) expect(openHeader(bytes, [identity], testAead)).toEqual(fileKey);
    expect(() => openHeader(bytes, [ours], testAead)).toThrow();
    const notOurs = [{ id, sealedSizeBytes: 32, header: wrapped!.header }];
    expect(() => rewrapFileKeys(notOurs, [ours], recipient, testAead)).toThrow(
      expect.objectContaining({ code: 'cannot-open' }),
    );
  });
});
