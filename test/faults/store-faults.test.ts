// An object store that answers 503, breaks connections, loses answers or is slow: what was acknowledged is there, the rest is tried
// again, and clients are told when to come back.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createApi } from '../../apps/api/api.js';
import { type CephRgw, cephInstalled, startCephRgw } from '../support/ceph-rgw.js';
import { ClientHistory } from '../support/client-history.js';
import { type Fault, FaultProxy } from '../support/fault-proxy.js';
import { randomOf } from '../support/random.js';
import { startRecheck } from '../support/recheck.js';
import { requires } from '../support/requires.js';
import { completeUpload, partsOf, type SampleExhibit } from '../support/sample-exhibit.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { openFaultWorld, type OpenFaultWorld } from './fault-world.js';
import { mustAgreeWithHistory } from './history-checks.js';
import { registered, resume } from './uploading.js';
import { mustBeWhole, uploadsUnderWay } from './wholeness.js';

const seed = process.env.AMANA_TEST_SEED ?? String(randomInt(2 ** 31));
const EXHIBITS = 5;
const DAY_MS = 86_400_000;

requires({ what: 'Ceph (ceph-common ceph-mon ceph-osd radosgw)', present: cephInstalled() })(
  'an API whose S3 fails',
  () => {
    const folder = temporaryFolder('store-faults');
    let rgw: CephRgw;
    let proxy: FaultProxy;
    let opened: OpenFaultWorld;
    beforeAll(async () => {
      rgw = await startCephRgw({ folder: `${folder}/ceph` });
      const direct = new URL(rgw.storeUrl('faults'));
      proxy = await FaultProxy.start({ host: direct.hostname, port: Number(direct.port) });
      direct.port = String(proxy.port);
      opened = await openFaultWorld(createApi, { storeUrl: direct.href });
    }, 180_000);
    afterAll(async () => {
      proxy.fail({ kind: 'none' });
      await opened.close();
      await proxy.stop();
      await rgw.stop();
    }, 60_000);

    const oneFile = ({ files }: SampleExhibit) => files[1] ?? files[0]!;

    it('says 503 and when to come back while the store does, and takes the same part afterwards', async () => {
      const exhibit = await registered(opened);
      const { id, sealed } = oneFile(exhibit);
      proxy.fail({ kind: 'unavailable' });
      const refused = await opened.client.putPart(id, 1, sealed);
      expect([refused.status, refused.json.code]).toEqual([503, 'unavailable']);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      proxy.fail({ kind: 'none' });
      await resume(opened.client, exhibit);
      await mustBeWhole(opened, exhibit);
    });

    it('takes no part for stored that was broken off on its way', async () => {
      const exhibit = await registered(opened);
      const { id, sealed } = oneFile(exhibit);
      proxy.fail({ kind: 'reset', afterBytes: 100_000 });
      expect((await opened.client.putPart(id, 1, sealed)).status).toBe(503);
      proxy.fail({ kind: 'none' });
      expect((await opened.client.get(`/v1/uploads/${id}`)).json.state).not.toBe('stored');
      await resume(opened.client, exhibit);
      await mustBeWhole(opened, exhibit);
    });

    it('waits for a store that is slow', async () => {
      const exhibit = await registered(opened);
      proxy.fail({ kind: 'slow', delayMs: 300 });
      await resume(opened.client, exhibit);
      proxy.fail({ kind: 'none' });
      await mustBeWhole(opened, exhibit);
    });

    it(`loses nothing and does nothing twice when any connection may fail (seed ${seed})`, async () => {
      const { random } = randomOf(seed);
      const kinds: readonly (() => Fault)[] = [
        () => ({ kind: 'none' }),
        () => ({ kind: 'none' }),
        () => ({ kind: 'unavailable' }),
        () => ({ kind: 'reset', afterBytes: Math.floor(random() * 400_000) }),
        () => ({ kind: 'lost-answer', afterBytes: Math.floor(random() * 200) }),
        () => ({ kind: 'slow', delayMs: Math.floor(random() * 100) }),
      ];
      const history = new ClientHistory(`${folder}/history`);
      const exhibits: SampleExhibit[] = [];
      for (let round = 0; round < EXHIBITS; round++) exhibits.push(await registered(opened));
      const before = proxy.faults;
      const anything = () => kinds[Math.floor(random() * kinds.length)]?.() ?? { kind: 'none' };
      proxy.fail(anything);
      // Connections are kept alive: what is well once would stay so.
      const cutting = setInterval(() => proxy.fail(anything), 300);
      const deadline = performance.now() + 12_000;
      const upload = async ({ files }: SampleExhibit) => {
        for (const file of files) {
          const once = async () => {
            const { json } = await opened.client.get(`/v1/uploads/${file.id}`);
            const held = new Set((json.received as { number: number }[] | undefined)?.map(({ number }) => number));
            for (const { number, bytes } of partsOf(file)) {
              if (held.has(number)) continue;
              const answer = await opened.client.putPart(file.id, number, bytes);
              if (answer.status !== 200) return answer;
            }
            return completeUpload(opened.client, file);
          };
          while ((await history.attempt(file.id, once)) !== 'acknowledged' && performance.now() < deadline)
            await delay(50);
        }
      };
      await Promise.all(exhibits.map(upload));
      clearInterval(cutting);
      proxy.fail({ kind: 'none' });
      expect(proxy.faults - before).toBeGreaterThan(10);
      await mustAgreeWithHistory(opened, history, exhibits);
      for (const exhibit of exhibits) await resume(opened.client, exhibit);
      for (const exhibit of exhibits) await mustBeWhole(opened, exhibit);
      history.close();
      const worker = await startRecheck(opened.world);
      await worker.sweep(new Date(Date.now() + 2 * DAY_MS));
      await worker.stop();
      for (const exhibit of exhibits) expect(await uploadsUnderWay(opened, exhibit)).toBe(0);
    }, 60_000);
  },
);
