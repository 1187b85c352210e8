export type { DigestName } from './algorithms.js';
export { MAX_EVIDENCE_RECORD_SIZE_BYTES } from './evidence-record.js';
export { imprintOf, type Imprint } from './imprint.js';
export {
  grantedResponse,
  issueTimestamp,
  refusedResponse,
  type TimestampIssuer,
  type TimestampStatement,
} from './issue-timestamp.js';
export { formatPemCertificates, readPemCertificates } from './pem.js';
export { newEvidenceRecord, renew, renewHashTree, type Renewal } from './renew.js';
export { MAX_TOKEN_SIZE_BYTES } from './signed-data.js';
export { TimestampError, type TimestampErrorCode } from './timestamp-error.js';
export {
  MAX_REQUEST_SIZE_BYTES,
  newNonce,
  parseTimestampRequest,
  timestampRequest,
  type TimestampRequest,
} from './timestamp-request.js';
export { tokenIn, type FailureName } from './timestamp-response.js';
export type { Accuracy, TstInfo } from './tst-info.js';
export { verifyArchiveChain, type VerifiedArchive } from './verify-archive-chain.js';
export {
  readTimestamp,
  verifyTimestamp,
  type Stamped,
  type TimestampChecks,
  type TimestampTrust,
  type VerifiedTimestamp,
} from './verify-timestamp.js';
