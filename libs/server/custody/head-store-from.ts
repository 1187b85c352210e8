import { fileURLToPath } from 'node:url';
import { parseS3Address, StoreError } from '#server/storage';
import { FileHeadStore } from './file-head-store.js';
import type { HeadStore } from './head-store.js';
import { S3HeadStore } from './s3-head-store.js';

/** Opens what AMANA_HEAD_STORE names: `file:///dir` or `s3://key:secret@host:port/bucket?tls=0`. @throws StoreError */
export async function headStoreFrom(address: string): Promise<HeadStore> {
  const url = new URL(address);
  if (url.protocol === 's3:') return S3HeadStore.open(address, parseS3Address(url));
  if (url.protocol === 'file:' && url.host === '' && url.pathname !== '/') return new FileHeadStore(fileURLToPath(url));
  throw new StoreError('bad-address', 'the head store address is neither file:///folder nor s3://…/bucket');
}
