export {
  AGENCY_TYP,
  AgencyKeys,
  AgencyStatement,
  Recipient,
  signAgencyStatement,
  verifyAgencyStatement,
} from './agency-statement.js';
export {
  AgencySuccession,
  signAgencySuccession,
  SUCCESSION_TYP,
  verifyKeyHistory,
  verifySuccession,
  type KeyEpoch,
  type PublishedKeys,
} from './agency-succession.js';
export {
  AGREEMENT_TYP,
  Agreement,
  checkAgreement,
  countersignAgreement,
  instrumentOf,
  layDown,
  readAgreement,
  signAgreement,
  signLaidDown,
  verifyAgreement,
  type CheckedAgreement,
} from './agreement.js';
export { requireAmendmentOf, versionOf, type InForceText } from './agreement-amendment.js';
export { amendmentOf, hasBlanks, modelAgreement, type ModelOf } from './agreement-model.js';
export { AGREEMENT_WORD_TYP, AgreementWord, signAgreementWord, verifyAgreementWord } from './agreement-word.js';
export { canonicalJson } from './canonical-json.js';
export { checkFacts, exampleFacts, type FactsProblem, type FactsResult, type OfficerProfile } from './check-facts.js';
export { FACTS_FIELDS, type FactsField } from './facts-fields.js';
export { Facts } from './facts.js';
export {
  MAX_FILE_NAME_BYTES,
  fileNameBytes,
  fileNameFault,
  fileNameKey,
  fileNameOf,
  type FileName,
} from './file-name.js';
export { PrivateJwk, PublicJwk, newSigningKey, publicJwkOf, signerOf, thumbprintOf, type Signer } from './keys.js';
export { ManifestError, type ManifestErrorCode, type Problem } from './manifest-error.js';
export { signManifest, verifyManifest, type VerifiedManifest } from './manifest-signature.js';
export { MAX_MANIFEST_FILES, Manifest, ManifestFile, SourcedHash } from './manifest.js';
export {
  OFFICER_TYP,
  OfficerCertificate,
  certifyOfficer,
  verifyOfficerCertificate,
  type CertifyingAgency,
} from './officer-certificate.js';
export { RECEIPT_TYP, Receipt, signReceipt, verifyReceipt } from './receipt.js';
export { Seal, addSeal, objectVersionsSha256, sealedCounts, verifySeal, type VerifiedSeal } from './seal.js';
export { MANIFEST_TYP, SEAL_TYP, readManifest } from './signed-manifest.js';
export { type ReadStatement, type VerifiedStatement } from './statement.js';
export {
  decodeBase64Url,
  readJws,
  signPayload,
  verifySignature,
  type GeneralJws,
  type HeaderRules,
  type JwsSignature,
  type KeyOf,
  type ReadJws,
  type ReadSignature,
} from './strict-jws.js';
export { MAX_JSON_DEPTH, parseStrictJson } from './strict-json.js';
