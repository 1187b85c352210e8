// An API process that is killed at any step of an upload, on every store: what was acknowledged is there, and nothing is there twice.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { type CephRgw, cephInstalled, startCephRgw } from '../support/ceph-rgw.js';
import { requires } from '../support/requires.js';
import { openFaultWorld, type OpenFaultWorld } from './fault-world.js';
import { killCases } from './kill-cases.js';

describe('an API on a store of files', () => {
  let opened: OpenFaultWorld;
  beforeAll(async () => {
    opened = await openFaultWorld(createApi);
  });
  afterAll(() => opened.close());

  const steps = [
    ...['after-part', 'after-part:3', 'after-part:5'],
    ...['after-complete', 'after-complete:2', 'after-complete:3'],
    ...['before-commit', 'before-commit:3'],
    ...['after-commit:2', 'after-commit:3'],
    ...['before-answer', 'before-answer:4', 'before-answer:6'],
  ];
  killCases(() => opened, steps, 3);
});

requires({ what: 'Ceph (ceph-common ceph-mon ceph-osd radosgw)', present: cephInstalled() })(
  'an API on Ceph RGW',
  () => {
    let folder: string;
    let rgw: CephRgw;
    let opened: OpenFaultWorld;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'amana-kill-'));
      rgw = await startCephRgw({ folder });
      opened = await openFaultWorld(createApi, { storeUrl: rgw.storeUrl('kill') });
    }, 180_000);
    afterAll(async () => {
      await opened.close();
      await rgw.stop();
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    // An S3 forgets an upload once it is joined: a crash between that and the record is what differs.
    killCases(() => opened, ['after-complete', 'after-complete:2', 'after-complete:3', 'before-commit:3'], 1);
  },
);
