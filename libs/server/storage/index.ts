export { evidenceKey, leavesKey } from './evidence-key.js';
export { EvidenceStore } from './evidence-store.js';
export type { ByteRange, PartBody, StoredPart, StoredVersion, Upload, UploadHandle, Worm } from './evidence-store.js';
export { StoreError } from './store-error.js';
export type { StoreErrorCode } from './store-error.js';
export { storeFrom } from './store-from.js';
export { StorageModule } from './storage.module.js';
