export { OpenFiles, type OpenFile } from './open-file.js';
export { ReadEvidence } from './read-evidence.js';
export { Receipts, type ReceiptKept } from './receipts.js';
export { RetrievalModule } from './retrieval.module.js';
export { Retrievals } from './retrievals.js';
export { RetrievalWatch, type Watch } from './watch.js';
