import type { AgencyId, TeamId } from '#domain/evidence';
import {
  type AgencyKeys,
  type Agreement,
  type Manifest,
  ManifestError,
  type OfficerCertificate,
  type PublicJwk,
  type VerifiedManifest,
  thumbprintOf,
  verifyAgencyStatement,
  verifyAgreement,
  verifyManifest,
  verifyOfficerCertificate,
  verifySeal,
} from '#domain/manifest';
import type { Profile } from './profile.js';
import { keyEpochs } from './key-epochs.js';
import { ProfileError } from './profile-error.js';

/** The own agency's keys, which are those pinned. @throws ProfileError 'agency-without-keys', 'pinned-key-changed', 'not-trusted' */
export async function ownAgencyKeys({ agency, pins }: Profile): Promise<AgencyKeys> {
  if (agency.statement === null) throw new ProfileError('agency-without-keys', `${agency.name} has no keys yet`);
  const { statement, kids } = await held('the statement of its keys', () => verifyAgencyStatement(agency.statement));
  if (statement.agencyId !== agency.id)
    throw new ProfileError('not-trusted', 'the statement of keys is of another agency');
  if (kids[0] !== pins.agencyKid)
    throw new ProfileError('pinned-key-changed', `${agency.name} states other keys than those pinned`);
  return statement;
}

/**
 * The agreement behind a team, signed by every party, with the own agency among them under the very keys that are pinned: whoever
 * swaps a key in an agreement has to swap ours too, or forge a party's signature.
 *
 * @throws ProfileError 'not-a-party', 'not-trusted', 'agreement-not-in-force'
 */
export async function agreementOfTeam(profile: Profile, teamId: TeamId, now: Date): Promise<Agreement> {
  const team = profile.teams.find(({ id }) => id === teamId);
  if (team === undefined) throw new ProfileError('not-a-party', `${profile.agency.name} is in no team ${teamId}`);
  const view = profile.agreements.find(({ id }) => id === team.agreementId);
  if (view === undefined) throw new ProfileError('not-trusted', `the agreement of the team ${team.name} is not known`);
  const agreement = await trustedAgreement(profile, view.instrument);
  if (agreement.agreementId !== team.agreementId)
    throw new ProfileError('not-trusted', 'the agreement is that of another team');
  if (now < new Date(agreement.validFrom) || now >= new Date(agreement.validUntil)) {
    throw new ProfileError(
      'agreement-not-in-force',
      `the agreement is in force from ${agreement.validFrom} to ${agreement.validUntil}`,
    );
  }
  return agreement;
}

/**
 * The keys in use of another party to an agreement: those it lists, or those that these lead to, each vouched for by the ones before. To
 * keys that the party has left nothing is wrapped any more: somebody may have them who has left it.
 * @throws ProfileError 'not-a-party', 'not-trusted'
 */
export async function currentKeysOf(profile: Profile, agreement: Agreement, agencyId: AgencyId): Promise<AgencyKeys> {
  const party = agreement.parties.find((one) => one.agencyId === agencyId);
  if (party === undefined) throw new ProfileError('not-a-party', 'the recipient is not a party to the agreement');
  return (await epochsFrom(profile, party)).at(-1)?.keys ?? party;
}

/** An agency's keys that can be relied on for what is dated before they were left. */
export interface KnownAgency extends AgencyKeys {
  /** Null while they are in use. */
  readonly until: Date | null;
}

/** Every agency whose keys can be relied on: the own, and all parties to agreements that it signed; with those that followed. By key id. */
export async function knownAgencies(profile: Profile): Promise<ReadonlyMap<string, KnownAgency>> {
  const known = new Map<string, KnownAgency>();
  const own = await ownAgencyKeys(profile);
  const know = async (listed: AgencyKeys) => {
    for (const { kid, keys, until } of await epochsFrom(profile, listed)) known.set(kid, { ...keys, until });
  };
  for (const { instrument } of profile.agreements) {
    try {
      const { parties } = await trustedAgreement(profile, instrument);
      for (const party of parties) await know(party);
    } catch (cause) {
      if (!(cause instanceof ProfileError)) throw cause; // an agreement that does not hold lends trust to nobody
    }
  }
  for (const [kid, keys] of await ownEpochs(profile, own)) known.set(kid, keys);
  return known;
}

interface KnownEpoch {
  readonly kid: string;
  readonly keys: AgencyKeys;
  readonly until: Date | null;
}

/** These keys, and all of one history with them: each vouches for the next, which names it its predecessor. */
async function epochsFrom(profile: Profile, listed: AgencyKeys): Promise<readonly KnownEpoch[]> {
  const published = profile.histories.find(({ agencyId }) => agencyId === listed.agencyId)?.keys ?? [];
  const kid = await thumbprintOf(listed.signingKey);
  if (published.length === 0) return [{ kid, keys: listed, until: null }];
  const epochs = await keyEpochs(published);
  const isListed = epochs.some((epoch) => epoch.kid === kid && epoch.statement.recipient === listed.recipient);
  if (!isListed) return [{ kid, keys: listed, until: null }];
  return epochs.map(({ statement: { schema: _, predecessor: __, ...keys }, kid: id, until }) => ({
    kid: id,
    keys,
    until,
  }));
}

/** All of the own agency's keys that lead to those in use, which are pinned. */
async function ownEpochs({ histories }: Profile, own: AgencyKeys): Promise<ReadonlyMap<string, KnownAgency>> {
  const ownKid = await thumbprintOf(own.signingKey);
  const epochs = await keyEpochs(histories.find(({ agencyId }) => agencyId === own.agencyId)?.keys ?? []);
  const known = new Map<string, KnownAgency>([[ownKid, { ...own, until: null }]]);
  if (epochs.at(-1)?.kid !== ownKid) return known;
  for (const {
    statement: { schema: _, predecessor: __, ...keys },
    kid,
    until,
  } of epochs)
    known.set(kid, { ...keys, until });
  return known;
}

/** An exhibit's manifest, signed by an officer whom their agency certified, and sealed by the platform that is pinned. */
export interface TrustedManifest extends VerifiedManifest {
  readonly signer: OfficerCertificate;
}

/**
 * Verifies a manifest from its signature to its seal.
 *
 * @param certificate of the officer named in it, wherever it comes from
 * @throws ProfileError 'unknown-signer', 'not-trusted'; ManifestError for the manifest itself
 */
export async function trustManifest(profile: Profile, jws: unknown, certificate: unknown): Promise<TrustedManifest> {
  const agencies = await knownAgencies(profile);
  const { sealKey } = profile.platform;
  if (sealKey === null) throw new ProfileError('not-trusted', 'the platform has not said what key it seals with');
  let signer: OfficerCertificate | undefined;
  try {
    const verified = await verifyManifest(jws, async (kid, manifest) => {
      signer = await signerOfManifest(manifest, certificate, agencies);
      return keyWithId(kid, signer.signingKey);
    });
    await verifySeal(jws, (kid) => keyWithId(kid, sealKey));
    if (signer !== undefined) return { ...verified, signer };
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause;
    const message = `the manifest: ${cause.message}`;
    if (cause.code === 'unknown-key') throw new ProfileError('unknown-signer', message, cause);
    throw new ManifestError(cause.code, message, cause.problems);
  }
  throw new ProfileError('unknown-signer', 'nobody signed the manifest');
}

async function keyWithId(kid: string, key: PublicJwk): Promise<PublicJwk | undefined> {
  return (await thumbprintOf(key)) === kid ? key : undefined;
}

async function signerOfManifest(
  { officerId, agencyId, sealedAt }: Manifest,
  certificate: unknown,
  agencies: ReadonlyMap<string, KnownAgency>,
): Promise<OfficerCertificate> {
  const { statement } = await held("the signer's certificate", () =>
    verifyOfficerCertificate(certificate, (kid) => inUseAt(agencies.get(kid), sealedAt), new Date(sealedAt)),
  );
  if (statement.officerId === officerId && statement.agencyId === agencyId) return statement;
  throw new ProfileError('unknown-signer', 'the certificate is not that of the officer who is named in the manifest');
}

/** Keys that were left vouch for nothing that is dated later: who has left the agency may have them still. */
function inUseAt(agency: KnownAgency | undefined, moment: string): KnownAgency | undefined {
  const until = agency?.until ?? null;
  return until !== null && new Date(moment) >= until ? undefined : agency;
}

async function trustedAgreement(profile: Profile, instrument: unknown): Promise<Agreement> {
  const own = await ownAgencyKeys(profile);
  const { agreement } = await held('the agreement', () => verifyAgreement(instrument));
  const listed = agreement.parties.find(({ agencyId }) => agencyId === own.agencyId);
  if (listed === undefined) throw new ProfileError('not-a-party', `${own.name} is not a party to the agreement`);
  const ours = (await ownEpochs(profile, own)).get(await thumbprintOf(listed.signingKey));
  if (ours?.recipient !== listed.recipient) {
    throw new ProfileError('not-trusted', `the agreement lists other keys of ${own.name} than its own`);
  }
  return agreement;
}

async function held<T>(what: string, verify: () => Promise<T>): Promise<T> {
  try {
    return await verify();
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause;
    throw new ProfileError('not-trusted', `${what} does not hold: ${cause.message}`, cause);
  }
}
