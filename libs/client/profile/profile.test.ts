import { beforeAll, describe, expect, it } from '@jest/globals';
import { exampleParty } from '../../../test/support/example-documents.js';
import { ExampleWorld, type Party } from '../../../test/support/example-world.js';
import { type GeneralJws, newSigningKey, publicJwkOf } from '#domain/manifest';
import { Profile, type ProfileFacts, refreshProfile } from './profile.js';
import { ownAgencyKeys } from './trust.js';

let world: ExampleWorld;
let own: Party;
let facts: ProfileFacts;

beforeAll(async () => {
  world = await ExampleWorld.make();
  ({ own } = world);
  facts = await world.facts();
});

const factsWith = (instrument: unknown, keys: Party) => world.factsWith(instrument, keys);
const profileOf = (changed: ProfileFacts, before: Profile | null = null) => refreshProfile(changed, before);

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
    [
      "the log's second",
      async () => ({ ...facts, platform: { ...facts.platform, logMlDsaVerifierKey: 'log+3+other' } }),
    ],
    [
      "the log's second, which is gone",
      async () => ({ ...facts, platform: { ...facts.platform, logMlDsaVerifierKey: null } }),
    ],
    ['the issuer', async () => ({ ...facts, platform: { ...facts.platform, issuer: 'http://evil.test' } })],
    ['the address', async () => ({ ...facts, platform: { ...facts.platform, publicUrl: 'http://evil.test' } })],
    ["the log's, which is gone", async () => ({ ...facts, platform: { ...facts.platform, logVerifierKey: null } })],
  ])('refuses what is another than before: %s', async (_, changed) => {
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

  it('of before these were pinned pins the issuer and the address at its next refresh', async () => {
    const { issuer, publicUrl, ...older } = (await profileOf(facts)).pins;
    const before = Profile.parse({ ...(await profileOf(facts)), pins: older });
    expect((await profileOf(facts, before)).pins).toEqual({ ...older, issuer, publicUrl });
  });

  it('pins what was not there before', async () => {
    const before = await profileOf({ ...facts, agency: { ...facts.agency, statement: null } });
    await expect(ownAgencyKeys(before)).rejects.toMatchObject({ code: 'agency-without-keys' });
    const after = await profileOf(facts, before);
    expect((await ownAgencyKeys(after)).recipient).toBe(own.party.recipient);
  });
});
