import { beforeAll, describe, expect, it } from '@jest/globals';
import { exampleParty } from '../../../test/support/example-documents.js';
import { ExampleWorld, type Party } from '../../../test/support/example-world.js';
import { AgencyId, AgreementId } from '#domain/evidence';
import { type Agreement, publicJwkOf } from '#domain/manifest';
import { newIdentity, recipientOf } from '#domain/sealing';
import type { ProfileFacts } from './profile.js';
import { agreementOfTeam, currentKeysOf, knownAgencies } from './trust.js';

const now = new Date('2026-11-24T21:00:00.000Z');
let world: ExampleWorld;
let own: Party;
let partner: Party;
let agreement: Agreement;
let facts: ProfileFacts;

beforeAll(async () => {
  world = await ExampleWorld.make();
  ({ own, partner, agreement } = world);
  facts = await world.facts();
});

const signedBy = (content: Agreement, first: Party, ...others: Party[]) => world.signedBy(content, first, ...others);
const factsWith = (instrument: unknown) => world.factsWith(instrument);
const profileOf = (changed = facts) => world.profile(changed);

describe('whom an exhibit may be shared with', () => {
  it('is told by the agreement that every party signed', async () => {
    const profile = await profileOf();
    const found = await agreementOfTeam(profile, world.teamId, now);
    expect(await currentKeysOf(profile, found, partner.party.agencyId)).toEqual(partner.party);
    const nobody = AgencyId.parse('0c9b3f0e-6b1c-4a51-9f59-5a8a6f3f1d10');
    await expect(currentKeysOf(profile, found, nobody)).rejects.toMatchObject({ code: 'not-a-party' });
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
    await expect(agreementOfTeam(profile, world.teamId, now)).rejects.toMatchObject({ code });
  });

  it('knows no agency by an agreement that does not hold', async () => {
    const honest = await knownAgencies(await profileOf());
    expect([...honest.values()].map(({ agencyId }) => agencyId)).toEqual([own.party.agencyId, partner.party.agencyId]);
    const forged = await knownAgencies(await profileOf(await factsWith(await signedBy(agreement, own))));
    expect([...forged.values()].map(({ agencyId }) => agencyId)).toEqual([own.party.agencyId]);
  });
});
