export {
  AgencyKeyBundle,
  agencyPublicKeys,
  createAgencyKeys,
  openAgencyKeys,
  wrapAgencyKeys,
  type Entitled,
} from './agency-keys.js';
export { KeystoreError, type KeystoreErrorCode } from './keystore-error.js';
export {
  DEFAULT_WORK_FACTOR,
  MAX_WORK_FACTOR,
  MIN_PASSPHRASE_CHARACTERS,
  OfficerKeys,
  changePassphrase,
  createKeystore,
  newOfficerKeys,
  openKeystore,
} from './officer-keystore.js';
