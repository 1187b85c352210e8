export { HttpTimestampAuthority, type HttpAuthorityOptions } from './http-timestamp-authority.js';
export { LogTimestamps, type StampedHead } from './log-timestamps.js';
export { ManifestTimestamps, type StampedManifest, type UnstampedManifest } from './manifest-timestamps.js';
export { RenewTimestamps } from './renew-timestamps.js';
export { TimeModule, TimestampDeskModule } from './time.module.js';
export type { TimestampAuthority } from './timestamp-authority.js';
export { TimestampDesk } from './timestamp-desk.js';
export { TsaError, type TsaErrorCode } from './tsa-error.js';
