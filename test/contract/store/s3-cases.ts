import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { Client } from 'minio';
import { storeFrom, type StoredVersion } from '#server/storage';
import type { CephRgw } from '../../support/ceph-rgw.js';
import { codeOf } from '../../support/code-of.js';
import {
  digestOf,
  freshKey,
  hex,
  PART,
  partsOf,
  putAll,
  putPart,
  sample,
  type StoreUnderTest,
} from './store-under-test.js';

/** What somebody with the bucket's keys, or a gateway that dies, can do to us. */
export function s3Cases(given: () => StoreUnderTest & { rgw: CephRgw }): void {
  const bucket = (): string => new URL(given().address).pathname.slice(1);
  const attacker = (): Client => {
    const { endpoint, accessKey, secretKey } = given().rgw;
    const { hostname, port } = new URL(endpoint);
    return new Client({
      endPoint: hostname,
      port: Number(port),
      useSSL: false,
      accessKey,
      secretKey,
      region: 'us-east-1',
    });
  };

  it('reads by version behind a delete marker', async () => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample('hidden', 5000);
    const { versionId } = await putAll(store, key, bytes);
    await attacker().removeObject(bucket(), key);
    expect(await store.latest(key)).toBeNull();
    expect(await digestOf(store, key, versionId)).toBe(hex(bytes));
    expect(await store.stat(key, versionId)).toEqual({ versionId, sizeBytes: 5000 });
  });

  it('reads the pinned version after an overwrite under the same key', async () => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample('pinned', 5000);
    const { versionId } = await putAll(store, key, bytes);
    await attacker().putObject(bucket(), key, Buffer.from('something else'));
    expect((await store.latest(key))?.versionId).not.toBe(versionId);
    expect(await digestOf(store, key, versionId)).toBe(hex(bytes));
  });

  it.each([
    ['neither versions nor lock', 'plain'],
    ['versions but no lock', 'versioned'],
  ])('does not trust a bucket with %s', async (_, kind) => {
    const name = `${kind}-${randomUUID()}`;
    await attacker().makeBucket(name);
    if (kind === 'versioned') await attacker().setBucketVersioning(name, { Status: 'Enabled' });
    const store = await storeFrom(given().rgw.storeUrl(name));
    expect(await codeOf(() => store.selfTest())).toBe('not-worm');
    if (kind === 'versioned') {
      const { versionId } = await store.putObject('a', Buffer.of(1));
      const lock = store.retain('a', versionId, new Date(Date.now() + 60_000));
      expect(await codeOf(() => lock)).toBe('not-worm');
      expect(await store.retention('a', versionId)).toBeNull();
    }
    await store.close();
  });

  it('counts only COMPLIANCE as a lock', async () => {
    const { store } = given();
    const key = freshKey();
    const { versionId } = await store.putObject(key, Buffer.of(1));
    const retainUntilDate = new Date(Date.now() + 60_000).toISOString();
    await attacker().putObjectRetention(bucket(), key, { versionId, mode: 'GOVERNANCE', retainUntilDate });
    expect(await store.retention(key, versionId)).toBeNull();
  });

  it('lists abandoned uploads over more than one page', async () => {
    const { store } = given();
    const keys = [freshKey(), freshKey()];
    const size = { sealedSizeBytes: 1, partSizeBytes: PART };
    const begun: string[] = [];
    const left = Array.from({ length: 1_100 }, (_, index) => keys[index % 20 === 0 ? 1 : 0]!);
    const next = async (): Promise<void> => {
      for (let key = left.pop(); key !== undefined; key = left.pop())
        begun.push((await store.beginUpload(key, size)).uploadId);
    };
    await Promise.all(Array.from({ length: 16 }, next));
    const listed = (await store.listUploads(new Date(Date.now() + 60_000))).filter(({ key }) => keys.includes(key));
    expect(listed.map(({ uploadId }) => uploadId).sort()).toEqual(begun.sort());
    await Promise.all(listed.map((upload) => store.abortUpload(upload)));
  });

  it('says denied with a wrong secret, unreachable where nobody listens', async () => {
    const { address } = given();
    expect(await codeOf(() => storeFrom(address.replace(/:[0-9a-f]+@/, ':wrong@')))).toBe('denied');
    expect(await codeOf(() => storeFrom('s3://key:secret@127.0.0.1:1/bucket?tls=0'))).toBe('unreachable');
  });

  it('says unreachable while the gateway is dead, and goes on once it is back', async () => {
    const { store, rgw } = given();
    const bytes = sample('dead', 2 * PART);
    const [one, two] = partsOf(bytes, PART);
    const upload = await store.beginUpload(freshKey(), { sealedSizeBytes: bytes.byteLength, partSizeBytes: PART });
    const first = await putPart(store, upload, 1, one!);
    await rgw.killGateway();
    expect(await codeOf(() => putPart(store, upload, 2, two!))).toBe('unreachable');
    expect(await codeOf(() => store.listParts(upload))).toBe('unreachable');
    await rgw.startGateway();
    expect(await store.listParts(upload)).toEqual([first]);
    const second = await putPart(store, upload, 2, two!);
    const { versionId } = await store.completeUpload(upload, [first, second]);
    expect(await digestOf(store, upload.key, versionId)).toBe(hex(bytes));
  }, 120_000);

  it('comes to one version when the gateway is killed while completing', async () => {
    const { store, rgw } = given();
    const bytes = sample('completing', PART);
    const upload = await store.beginUpload(freshKey(), { sealedSizeBytes: PART, partSizeBytes: PART });
    const part = await putPart(store, upload, 1, bytes);
    const outcome: Promise<StoredVersion | string> = store
      .completeUpload(upload, [part])
      .catch((error: unknown) => (error as { code: string }).code);
    await rgw.killGateway();
    const first = await outcome;
    await rgw.startGateway();
    const version = await store.completeUpload(upload, [part]);
    expect([version, 'unreachable']).toContainEqual(first);
    expect(await store.completeUpload(upload, [part])).toEqual(version);
    expect(await digestOf(store, upload.key, version.versionId)).toBe(hex(bytes));
  }, 120_000);
}
