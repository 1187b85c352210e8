export { Profile, type ProfileFacts, refreshProfile, requirePlatform } from './profile.js';
export { ProfileError, type ProfileErrorCode } from './profile-error.js';
export {
  type TrustedManifest,
  agreementOfTeam,
  knownAgencies,
  ownAgencyKeys,
  partyOf,
  trustManifest,
} from './trust.js';
