export {
  AgencyKeyBundle,
  agencyPublicKeys,
  createAgencyKeys,
  identitiesOf,
  nextAgencyKeys,
  openAgencyKeys,
  wrapAgencyKeys,
  type Entitled,
} from './agency-keys.js';
export { KeystoreError, type KeystoreErrorCode } from './keystore-error.js';
export { OfficerKeys, changePassphrase, createKeystore, newOfficerKeys, openKeystore } from './officer-keystore.js';
