// The one contract of every store: the same cases on files and on Ceph RGW. Then what only an S3 can suffer.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { storeFrom } from '#server/storage';
import { cephInstalled, startCephRgw, type CephRgw } from '../support/ceph-rgw.js';
import { requires } from '../support/requires.js';
import { brokenBodyCases } from './store/broken-body-cases.js';
import { crashCases } from './store/crash-cases.js';
import { s3Cases } from './store/s3-cases.js';
import { seed, type StoreUnderTest } from './store/store-under-test.js';
import { uploadCases } from './store/upload-cases.js';
import { versionCases } from './store/version-cases.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'amana-store-test-'));
  console.info(`AMANA_TEST_SEED=${seed}`);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function contract(given: () => StoreUnderTest): void {
  describe('uploads', () => uploadCases(given));
  describe('bodies that break', () => brokenBodyCases(given));
  describe('versions', () => versionCases(given));
  describe('processes that die', () => crashCases(given));
}

describe('a store of files', () => {
  let opened: StoreUnderTest;
  beforeAll(async () => {
    const address = pathToFileURL(join(folder, 'files')).href;
    opened = { address, store: await storeFrom(address) };
  });
  afterAll(() => opened.store.close());

  contract(() => opened);
});

requires({ what: 'Ceph (ceph-common ceph-mon ceph-osd radosgw)', present: cephInstalled() })(
  'a store on Ceph RGW',
  () => {
    let rgw: CephRgw;
    let opened: StoreUnderTest;
    beforeAll(async () => {
      rgw = await startCephRgw({ folder: join(folder, 'ceph') });
      const address = rgw.storeUrl('contract');
      opened = { address, store: await storeFrom(address) };
    }, 180_000);
    afterAll(async () => {
      await opened.store.close();
      await rgw.stop();
    }, 60_000);

    contract(() => opened);
    describe('what only an S3 can suffer', () => s3Cases(() => ({ ...opened, rgw })));
  },
);
