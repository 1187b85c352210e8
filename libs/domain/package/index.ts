export {
  buildPackage,
  type PackageContent,
  type PackagedErasure,
  type PackagedEvent,
  type PackagedFile,
  type PackagedKeys,
  type PackagedTimestamp,
  type PackagedTimestamps,
} from './build-package.js';
export { fileHeadersSha256, type FileHeader } from './file-headers.js';
export {
  inlineHasher,
  type DigestPair,
  type FileToMeasure,
  type Hashers,
  type Measured,
  type PackageHasher,
} from './hasher.js';
export { PATHS, evidencePath, evidenceRecordPath, proofPath, timestampPath, type StampedPart } from './layout.js';
export { PackageError, type PackageErrorCode } from './package-error.js';
export {
  fingerprintOf,
  formatReaderPolicy,
  parseReaderPolicy,
  type PinnedAuthorities,
  type PinnedKeys,
  type ReaderPolicy,
} from './reader-policy.js';
export type { ErasedLine, RecordLine } from './record-line.js';
export type { Bytes, PackageEntry, PackageReader, PackageWriter } from './ports.js';
export type { Checked, Link, PackageVerdict } from './verdict.js';
export { verifyPackage, type VerifyOptions } from './verify-package.js';
