import { z } from 'zod';
import { PlatformView } from '#client/api';
import { AgencyView, AgreementView, OfficerView, TeamView, WrappedAgencyKeys } from '#domain/contract';
import { verifyAgencyStatement } from '#domain/manifest';
import { ProfileError } from './profile-error.js';

/** What was compared, or taken on trust at the first sign-in, and must not change unnoticed. */
const Pins = z.strictObject({
  /** Key id of the own agency's signing key; null until it has one. */
  agencyKid: z.string().nullable(),
  logVerifierKey: z.string().nullable(),
  /** x of the platform's seal key. */
  sealKeyX: z.string().nullable(),
  /** Where officers sign in, and for whom: who could change these unnoticed would be handed passwords and tokens. */
  issuer: z.string().nullable().default(null),
  publicUrl: z.string().nullable().default(null),
});
type Pins = z.infer<typeof Pins>;

/**
 * What an officer's client knows of the officer, the agency, its partners and the platform: enough to seal without a network, and to
 * check what the platform says against what it said before. No secret is in it that is not encrypted to the officer.
 */
export const Profile = z.strictObject({
  schema: z.literal('amana-profile/v1'),
  /** Origin of the API. */
  api: z.string(),
  platform: PlatformView,
  officer: OfficerView,
  agency: AgencyView,
  teams: z.array(TeamView),
  agreements: z.array(AgreementView),
  /** The agency's private keys, encrypted to officers entitled; null when this officer is not. */
  agencyKeys: WrappedAgencyKeys.nullable(),
  pins: Pins,
});
export type Profile = z.infer<typeof Profile>;
export type ProfileFacts = Omit<Profile, 'schema' | 'pins'>;

/**
 * A profile from what the platform says now.
 *
 * @param before the profile there was; its pins hold
 * @param acceptNewKeys pins anew, after the keys were compared in another way
 * @throws ProfileError 'pinned-key-changed', 'not-trusted' when the agency's own statement does not hold
 */
export async function refreshProfile(
  facts: ProfileFacts,
  before: Profile | null,
  acceptNewKeys = false,
): Promise<Profile> {
  const pins: Pins = {
    agencyKid: await agencyKidOf(facts.agency),
    logVerifierKey: facts.platform.logVerifierKey,
    sealKeyX: facts.platform.sealKey?.x ?? null,
    issuer: facts.platform.issuer,
    publicUrl: facts.platform.publicUrl,
  };
  if (before !== null && !acceptNewKeys) {
    requirePin("the agency's signing key", before.pins.agencyKid, pins.agencyKid);
    requirePlatform(facts.platform, before);
  }
  return { schema: 'amana-profile/v1', ...facts, pins };
}

/**
 * The platform says of itself what it said before. To be asked before anybody signs in to it again: a password is typed where it says.
 * @throws ProfileError 'pinned-key-changed'
 */
export function requirePlatform(platform: PlatformView, { pins }: Pick<Profile, 'pins'>): void {
  requirePin("the log's key", pins.logVerifierKey, platform.logVerifierKey);
  requirePin("the platform's seal key", pins.sealKeyX, platform.sealKey?.x ?? null);
  requirePin('the issuer that officers sign in with', pins.issuer, platform.issuer);
  requirePin("the platform's own address", pins.publicUrl, platform.publicUrl);
}

async function agencyKidOf({ statement, name }: AgencyView): Promise<string | null> {
  if (statement === null) return null;
  try {
    return (await verifyAgencyStatement(statement)).kids[0] ?? null;
  } catch (cause) {
    throw new ProfileError('not-trusted', `the statement of the keys of ${name} does not hold`, cause);
  }
}

/** What was not there before is pinned now; what was there stays what it was. */
function requirePin(what: string, before: string | null, now: string | null): void {
  if (before === null || before === now) return;
  throw new ProfileError(
    'pinned-key-changed',
    `${what} is another than before: it was ${before}, now it is ${now ?? 'none'}`,
  );
}
