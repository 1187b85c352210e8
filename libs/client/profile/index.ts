export { Profile, type ProfileFacts, refreshProfile, requirePlatform, withSuccessor } from './profile.js';
export { keyEpochs } from './key-epochs.js';
export { ProfileError, type ProfileErrorCode } from './profile-error.js';
export {
  type TrustedManifest,
  type KnownAgency,
  agreementOfTeam,
  currentKeysOf,
  knownAgencies,
  ownAgencyKeys,
  trustManifest,
} from './trust.js';
