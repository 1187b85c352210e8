import { expect, it } from '@jest/globals';
import type { StoredPart } from '#server/storage';
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
  sha256,
  streamOf,
  type StoreUnderTest,
} from './store-under-test.js';

/** What uploads do when all goes well, and when they are repeated, abandoned or overtaken. */
export function uploadCases(given: () => StoreUnderTest): void {
  it.each([1, PART - 1, PART, PART + 1, 2 * PART])('gives back an object of %i bytes as it came', async (sizeBytes) => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample(`size ${sizeBytes}`, sizeBytes);
    const version = await putAll(store, key, bytes);
    expect(version.sizeBytes).toBe(sizeBytes);
    expect(await store.stat(key, version.versionId)).toEqual(version);
    expect(await store.latest(key)).toEqual(version);
    expect(await digestOf(store, key, version.versionId)).toBe(hex(bytes));
  });

  it('takes parts in parallel and in any order', async () => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample('parallel', 6 * PART + 4321);
    const upload = await store.beginUpload(key, { sealedSizeBytes: bytes.byteLength, partSizeBytes: PART });
    const pieces = partsOf(bytes, PART);
    const order = [4, 7, 1, 6, 3, 2, 5];
    const stored: StoredPart[] = [];
    const next = async (): Promise<void> => {
      for (let number = order.shift(); number !== undefined; number = order.shift()) {
        stored.push(await putPart(store, upload, number, pieces[number - 1]!));
      }
    };
    await Promise.all([next(), next(), next(), next()]);
    const listed = await store.listParts(upload);
    expect(listed.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(listed).toEqual([...stored].sort((one, other) => one.number - other.number));
    const { versionId } = await store.completeUpload(upload, stored);
    expect(await digestOf(store, key, versionId)).toBe(hex(bytes));
  });

  it('takes a part without a digest, and from an async iterable', async () => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample('iterable', 300_000);
    const upload = await store.beginUpload(key, { sealedSizeBytes: bytes.byteLength, partSizeBytes: PART });
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      for (const piece of partsOf(bytes, 70_000)) yield new Uint8Array(piece);
    };
    const part = await store.putPart(upload, 1, bytes.byteLength, pieces());
    const { versionId } = await store.completeUpload(upload, [part]);
    expect(await digestOf(store, key, versionId)).toBe(hex(bytes));
  });

  it('replaces a part that comes again, and completes only with the newer one', async () => {
    const { store } = given();
    const key = freshKey();
    const [older, newer] = [sample('older', 1000), sample('newer', 1000)];
    const upload = await store.beginUpload(key, { sealedSizeBytes: 1000, partSizeBytes: PART });
    const stale = await putPart(store, upload, 1, older);
    const fresh = await putPart(store, upload, 1, newer);
    expect(await store.listParts(upload)).toEqual([fresh]);
    expect(await codeOf(() => store.completeUpload(upload, [stale]))).toBe('invalid-part');
    const { versionId } = await store.completeUpload(upload, [fresh]);
    expect(await digestOf(store, key, versionId)).toBe(hex(newer));
  });

  it('keeps one of two attempts at the same part, whole', async () => {
    const { store } = given();
    const key = freshKey();
    const contents = ['left', 'right'].map((name) => sample(name, PART));
    const upload = await store.beginUpload(key, { sealedSizeBytes: PART, partSizeBytes: PART });
    const attempts = await Promise.allSettled(contents.map((bytes) => putPart(store, upload, 1, bytes)));
    const refused = attempts.filter((attempt) => attempt.status === 'rejected');
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'superseded' });
    const parts = await store.listParts(upload);
    expect(attempts).toContainEqual({ status: 'fulfilled', value: parts[0] });
    const { versionId } = await store.completeUpload(upload, parts);
    expect(contents.map(hex)).toContain(await digestOf(store, key, versionId));
  });

  it('lists more parts than fit one page', async () => {
    const { store } = given();
    const count = 1003;
    const upload = await store.beginUpload(freshKey(), { sealedSizeBytes: count, partSizeBytes: 1 });
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const left = [...numbers];
    const next = async (): Promise<void> => {
      for (let number = left.pop(); number !== undefined; number = left.pop()) {
        await store.putPart(upload, number, 1, streamOf(Buffer.of(number % 256)));
      }
    };
    await Promise.all(Array.from({ length: 16 }, next));
    expect((await store.listParts(upload)).map(({ number }) => number)).toEqual(numbers);
    await store.abortUpload(upload);
  });

  it('gives the same version when completing is repeated, even after somebody wrote over the key', async () => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample('repeated', PART + 10);
    const upload = await store.beginUpload(key, { sealedSizeBytes: bytes.byteLength, partSizeBytes: PART });
    const [one, two] = partsOf(bytes, PART);
    const parts = [await putPart(store, upload, 1, one!), await putPart(store, upload, 2, two!)];
    const version = await store.completeUpload(upload, parts);
    expect(await store.completeUpload(upload, parts)).toEqual(version);
    const over = await putAll(store, key, sample('over', 10));
    expect(over.versionId).not.toBe(version.versionId);
    expect(await store.completeUpload(upload, parts)).toEqual(version);
    await store.abortUpload(upload);
    expect(await digestOf(store, key, version.versionId)).toBe(hex(bytes));
  });

  it('refuses to complete with parts missing, too few bytes, or a part it does not hold', async () => {
    const { store } = given();
    const bytes = sample('incomplete', 2 * PART);
    const [one, two] = partsOf(bytes, PART);
    const upload = await store.beginUpload(freshKey(), { sealedSizeBytes: 2 * PART, partSizeBytes: PART });
    const first = await putPart(store, upload, 1, one!);
    expect(await codeOf(() => store.completeUpload(upload, [first]))).toBe('size-mismatch');
    expect(await codeOf(() => store.completeUpload(upload, [{ ...first, number: 2 }]))).toBe('invalid-part');
    expect(await codeOf(() => store.completeUpload(upload, [first, first]))).toBe('invalid-part');
    const invented = { number: 2, sizeBytes: PART, tag: 'f'.repeat(first.tag.length) };
    expect(await codeOf(() => store.completeUpload(upload, [first, invented]))).toBe('invalid-part');
    const second = await putPart(store, upload, 2, two!);
    await store.completeUpload(upload, [second, first]);
  });

  it('forgets an aborted upload, and does not mind being asked again', async () => {
    const { store } = given();
    const upload = await store.beginUpload(freshKey(), { sealedSizeBytes: 100, partSizeBytes: PART });
    const part = await putPart(store, upload, 1, sample('aborted', 100));
    await store.abortUpload(upload);
    await store.abortUpload(upload);
    expect(await codeOf(() => store.listParts(upload))).toBe('not-found');
    expect(await codeOf(() => putPart(store, upload, 1, sample('aborted', 100)))).toBe('not-found');
    expect(await codeOf(() => store.completeUpload(upload, [part]))).toBe('not-found');
    expect(await store.latest(upload.key)).toBeNull();
  });

  it('answers not-found for an upload it never knew', async () => {
    const { store } = given();
    const real = await store.beginUpload(freshKey(), { sealedSizeBytes: 10, partSizeBytes: PART });
    const unknown = { ...real, uploadId: '00000000-0000-4000-8000-000000000000' };
    const part = { number: 1, sizeBytes: 10, tag: 'a'.repeat(64) };
    expect(await codeOf(() => store.listParts(unknown))).toBe('not-found');
    expect(await codeOf(() => putPart(store, unknown, 1, sample('unknown', 10)))).toBe('not-found');
    expect(await codeOf(() => store.completeUpload(unknown, [part]))).toBe('not-found');
    await store.abortUpload(unknown);
    await store.abortUpload(real);
  });

  it('lists abandoned uploads by age, and no longer once they are aborted or completed', async () => {
    const { store } = given();
    const key = freshKey();
    const size = { sealedSizeBytes: 20, partSizeBytes: PART };
    const before = new Date(Date.now() - 60_000);
    const [left, aborted, completed] = [
      await store.beginUpload(key, size),
      await store.beginUpload(key, size),
      await store.beginUpload(freshKey(), size),
    ];
    const listed = async (olderThan: Date): Promise<string[]> => {
      const ids = [left, aborted, completed].map(({ uploadId }) => uploadId);
      const found = await store.listUploads(olderThan);
      return found
        .filter(({ uploadId }) => ids.includes(uploadId))
        .map(({ uploadId }) => uploadId)
        .sort();
    };
    const soon = new Date(Date.now() + 60_000);
    expect(await listed(before)).toEqual([]);
    expect(await listed(soon)).toEqual([left, aborted, completed].map(({ uploadId }) => uploadId).sort());
    await store.abortUpload(aborted);
    await store.completeUpload(completed, [await putPart(store, completed, 1, sample('completed', 20))]);
    expect(await listed(soon)).toEqual([left.uploadId]);
    const found = (await store.listUploads(soon)).find(({ uploadId }) => uploadId === left.uploadId);
    await store.abortUpload(found!);
    expect(await listed(soon)).toEqual([]);
  });

  it.each([
    ['no bytes', 0, PART],
    ['parts of no bytes', 10, 0],
    ['half a byte', 1.5, PART],
    ['more parts than S3 has numbers for', 10_001, 1],
    ['a size beyond integers', 2 ** 60, 2 ** 50],
  ])('refuses an upload of %s', async (_, sealedSizeBytes, partSizeBytes) => {
    const { store } = given();
    expect(await codeOf(() => store.beginUpload(freshKey(), { sealedSizeBytes, partSizeBytes }))).toBe('bad-argument');
  });

  it.each([
    [0, PART],
    [3, 10],
    [1.5, PART],
    [1, PART - 1],
    [2, PART],
    [Number.NaN, PART],
  ])('refuses part %d of %i bytes, which the upload does not have', async (number, sizeBytes) => {
    const { store } = given();
    const upload = { key: freshKey(), uploadId: 'any', sealedSizeBytes: PART + 10, partSizeBytes: PART };
    const attempt = store.putPart(upload, number, sizeBytes, streamOf(sample('never', 10)), {
      sha256: sha256(Buffer.of()),
    });
    expect(await codeOf(() => attempt)).toBe('bad-argument');
  });
}
