import { fileURLToPath } from 'node:url';
import type { EvidenceStore } from './evidence-store.js';
import { FileStore } from './file/file-store.js';
import { parseS3Address } from './s3/s3-address.js';
import { S3Store } from './s3/s3-store.js';
import { StoreError } from './store-error.js';

/**
 * Opens the store that AMANA_STORE names: `file:///dir` or `s3://key:secret@host:port/bucket?tls=0`. Makes the folder,
 * or the bucket with Object Lock, if absent. Trust it only after `selfTest`.
 * @throws StoreError 'bad-address' · 'unreachable' · 'denied'
 */
export async function storeFrom(address: string): Promise<EvidenceStore> {
  if (!URL.canParse(address)) throw new StoreError('bad-address', 'the store address is no URL');
  const url = new URL(address);
  if (url.protocol === 's3:') return await S3Store.open(parseS3Address(url));
  if (url.protocol === 'file:' && url.host === '' && url.pathname !== '/')
    return await FileStore.open(fileURLToPath(url));
  throw new StoreError('bad-address', 'the store address is neither file:///folder nor s3://…/bucket');
}
