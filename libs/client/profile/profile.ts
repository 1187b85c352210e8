import { z } from 'zod';
import { PlatformView } from '#client/api';
import {
  AgencyKeyHistory,
  AgencyView,
  AgreementView,
  OfficerView,
  TeamView,
  WrappedAgencyKeys,
} from '#domain/contract';
import { toBase64 } from '#domain/custody';
import { verifyAgencyStatement } from '#domain/manifest';
import { formatVerifierKey, type SignatureType, type Successor } from '#domain/merkle';
import { keyEpochs } from './key-epochs.js';
import { ProfileError } from './profile-error.js';

/** A log that was pinned here and named its successor. Kept: what was proven by it is proven by its key. */
const FormerLog = z.strictObject({
  verifierKey: z.string(),
  mlDsaVerifierKey: z.string().nullable(),
  /** The head that it ended with. */
  size: z.int().min(0),
  root: z.base64(),
  /** Its signed statement. */
  succession: z.string(),
  followedAt: z.string(),
});
type FormerLog = z.infer<typeof FormerLog>;

/** What was compared, or taken on trust at the first sign-in, and must not change unnoticed. */
const Pins = z.strictObject({
  /** Key id of the own agency's signing key; null until it has one. */
  agencyKid: z.string().nullable(),
  logVerifierKey: z.string().nullable(),
  /** Of the log too: once it is pinned, every head must be signed with both. */
  logMlDsaVerifierKey: z.string().nullable().default(null),
  /** x of the platform's seal key. */
  sealKeyX: z.string().nullable(),
  /** Where officers sign in, and for whom: who could change these unnoticed would be handed passwords and tokens. */
  issuer: z.string().nullable().default(null),
  publicUrl: z.string().nullable().default(null),
  /** The logs before this one, the oldest first. */
  formerLogs: z.array(FormerLog).default([]),
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
  /** How keys that were pinned, or that agreements list, lead to those in use. */
  histories: z.array(AgencyKeyHistory).default([]),
  pins: Pins,
});
export type Profile = z.infer<typeof Profile>;
export type ProfileFacts = Omit<Profile, 'schema' | 'pins' | 'histories'> & Partial<Pick<Profile, 'histories'>>;

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
    logMlDsaVerifierKey: facts.platform.logMlDsaVerifierKey,
    sealKeyX: facts.platform.sealKey?.x ?? null,
    issuer: facts.platform.issuer,
    publicUrl: facts.platform.publicUrl,
    formerLogs: before?.pins.formerLogs ?? [],
  };
  if (before !== null && !acceptNewKeys) {
    const isFollowed = await leadsTo(facts, before.pins.agencyKid, pins.agencyKid);
    if (!isFollowed) requirePin("the agency's signing key", before.pins.agencyKid, pins.agencyKid);
    requirePlatform(facts.platform, before);
  }
  return { schema: 'amana-profile/v1', histories: [], ...facts, pins };
}

/**
 * The platform says of itself what it said before. To be asked before anybody signs in to it again: a password is typed where it says.
 * @throws ProfileError 'pinned-key-changed'
 */
export function requirePlatform(platform: PlatformView, { pins }: Pick<Profile, 'pins'>): void {
  requirePin("the log's key", pins.logVerifierKey, platform.logVerifierKey);
  requirePin("the log's second key", pins.logMlDsaVerifierKey, platform.logMlDsaVerifierKey);
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

/** The profile with the pin moved to the log that the pinned one named; the old one is kept. @param now when it is followed */
export function withSuccessor(
  profile: Profile,
  { origin, keys, retired }: Successor,
  succession: Uint8Array,
  now: Date,
): Profile {
  const { pins, platform } = profile;
  const keyOf = (type: SignatureType) => {
    const key = keys.find((one) => one.type === type);
    return key === undefined ? null : formatVerifierKey(key);
  };
  const [logVerifierKey, logMlDsaVerifierKey] = [keyOf('ed25519'), keyOf('ml-dsa-44')];
  const former: FormerLog = {
    verifierKey: pins.logVerifierKey ?? '',
    mlDsaVerifierKey: pins.logMlDsaVerifierKey,
    ...{ size: retired.size, root: toBase64(retired.root), succession: new TextDecoder().decode(succession) },
    followedAt: now.toISOString(),
  };
  const moved = { logVerifierKey, logMlDsaVerifierKey };
  return {
    ...profile,
    platform: { ...platform, ...moved, logOrigin: origin },
    pins: { ...pins, ...moved, formerLogs: [...pins.formerLogs, former] },
  };
}

/** Whether the pinned key itself, and each after it, vouches for the next, up to the one in use: then the pin moves along. */
async function leadsTo(
  { agency, histories = [] }: ProfileFacts,
  before: string | null,
  now: string | null,
): Promise<boolean> {
  const history = histories.find(({ agencyId }) => agencyId === agency.id);
  if (history === undefined || before === null) return false;
  const epochs = await keyEpochs(history.keys);
  return epochs.some(({ kid }) => kid === before) && epochs.at(-1)?.kid === now;
}

/** What was not there before is pinned now; what was there stays what it was. */
function requirePin(what: string, before: string | null, now: string | null): void {
  if (before === null || before === now) return;
  throw new ProfileError(
    'pinned-key-changed',
    `${what} is another than before: it was ${before}, now it is ${now ?? 'none'}`,
  );
}
