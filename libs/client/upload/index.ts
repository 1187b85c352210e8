export { type ReceiptKeys, checkReceipt } from './check-receipt.js';
export { type OnePass, type OnePassTools, sealAndUpload } from './seal-and-upload.js';
export type { UploadProgress } from './send-file.js';
export { type DraftFiles, uploadDraft } from './upload-draft.js';
export { UploadError, type UploadErrorCode } from './upload-error.js';
export {
  type JournalBeginning,
  type JournalEntry,
  type JournalStore,
  type UploadState,
  encodeEntry,
  openSecrets,
  readJournal,
  sealSecrets,
} from './upload-journal.js';
export type { UploadedExhibit } from './uploaded-exhibit.js';
