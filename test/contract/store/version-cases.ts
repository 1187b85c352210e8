import { expect, it } from '@jest/globals';
import { codeOf } from '../../support/code-of.js';
import { digestOf, freshKey, hex, PART, putAll, readAll, sample, type StoreUnderTest } from './store-under-test.js';

/** Versions, ranges, small objects and locks. */
export function versionCases(given: () => StoreUnderTest): void {
  it('keeps every version of a key, and reads each by its id', async () => {
    const { store } = given();
    const key = freshKey();
    const [first, second] = [sample('first', 5000), sample('second', 6000)];
    const one = await putAll(store, key, first);
    const two = await putAll(store, key, second);
    expect(one.versionId).not.toBe(two.versionId);
    expect(await digestOf(store, key, one.versionId)).toBe(hex(first));
    expect(await digestOf(store, key, two.versionId)).toBe(hex(second));
    expect(await store.latest(key)).toEqual(two);
  });

  it('keeps apart keys of which one begins the other', async () => {
    const { store } = given();
    const key = freshKey();
    const whole = await putAll(store, key, sample('whole', 100));
    const leaves = await store.putObject(`${key}.leaves`, sample('leaves', 64));
    const below = await store.putObject(`${key}/0`, sample('below', 65));
    expect(await store.latest(key)).toEqual(whole);
    expect(await store.latest(`${key}.leaves`)).toEqual(leaves);
    expect(await store.latest(`${key}/0`)).toEqual(below);
  });

  it('reads the range that was asked for, to the byte', async () => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample('ranges', PART + 1_000);
    const { versionId } = await putAll(store, key, bytes);
    const ranges: [number | undefined, number | undefined][] = [
      [0, 1],
      [0, undefined],
      [undefined, 10],
      [1, 2],
      [PART - 1, PART + 1],
      [PART, undefined],
      [PART + 999, PART + 1_000],
      [65_535, 65_537],
      [0, PART + 1_000],
    ];
    for (const [start, end] of ranges) {
      const range = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
      const got = await readAll(await store.read(key, versionId, range));
      expect(`${start} ${end} ${hex(got)}`).toBe(`${start} ${end} ${hex(bytes.subarray(start, end))}`);
    }
    for (const range of [
      { start: 5, end: 5 },
      { start: 6, end: 5 },
      { start: -1 },
      { start: PART + 1_000 },
      { end: PART + 1_001 },
      { start: 0.5 },
    ]) {
      expect(await codeOf(() => store.read(key, versionId, range))).toBe('bad-range');
    }
  });

  it('lets a reader leave in the middle', async () => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample('left', 4 * PART);
    const { versionId } = await putAll(store, key, bytes);
    for (let times = 0; times < 20; times += 1) {
      const stream = await store.read(key, versionId);
      for await (const chunk of stream) {
        expect((chunk as Buffer).equals(bytes.subarray(0, (chunk as Buffer).byteLength))).toBe(true);
        break;
      }
    }
    expect(await digestOf(store, key, versionId)).toBe(hex(bytes));
  });

  it('answers not-found for what is not there', async () => {
    const { store } = given();
    const key = freshKey();
    const { versionId } = await store.putObject(key, sample('there', 10));
    const other = freshKey();
    expect(await store.latest(other)).toBeNull();
    for (const [where, id] of [
      [other, versionId],
      [key, '00000001-00000000000000000000000000000000'],
      [key, '../../uploads'],
      [key, ''],
      [key, 'null'],
    ] as const) {
      expect(await codeOf(() => store.stat(where, id))).toBe('not-found');
      expect(await codeOf(() => store.read(where, id))).toBe('not-found');
      expect(await codeOf(() => store.getObject(where, id))).toBe('not-found');
      expect(await codeOf(() => store.retention(where, id))).toBe('not-found');
      expect(await codeOf(() => store.retain(where, id, new Date(Date.now() + 60_000)))).toBe('not-found');
    }
    await store.remove(key, '00000001-00000000000000000000000000000000');
  });

  it.each([
    ['that is empty', ''],
    ['that begins with a slash', '/a'],
    ['that ends with one', 'a/'],
    ['with an empty component', 'a//b'],
    ['that climbs', '../a'],
    ['that climbs later', 'a/../b'],
    ['that hides', '.hidden'],
    ['named like the folder of versions', 'a/@/b'],
    ['with a space', 'a b'],
    ['in upper case', 'A'],
    ['beyond ASCII', 'é'],
    ['with a NUL', 'a\u0000'],
    ['that is escaped', '%2e'],
    ['that is too long', 'a/'.repeat(450) + 'a'],
  ])('refuses a key %s', async (_, key) => {
    const { store } = given();
    expect(await codeOf(() => store.putObject(key, Buffer.of(1)))).toBe('bad-argument');
    expect(await codeOf(() => store.latest(key))).toBe('bad-argument');
    expect(await codeOf(() => store.beginUpload(key, { sealedSizeBytes: 1, partSizeBytes: 1 }))).toBe('bad-argument');
  });

  it('writes a small object once: the same bytes are the same version, others are refused', async () => {
    const { store } = given();
    const key = freshKey();
    const bytes = sample('small', 8192);
    const version = await store.putObject(key, bytes);
    expect(await store.putObject(key, Buffer.from(bytes))).toEqual(version);
    expect(await codeOf(() => store.putObject(key, sample('other', 8192)))).toBe('exists-with-other-bytes');
    expect(await codeOf(() => store.putObject(key, bytes.subarray(1)))).toBe('exists-with-other-bytes');
    expect(hex(await store.getObject(key, version.versionId))).toBe(hex(bytes));
    expect(await codeOf(() => store.putObject(freshKey(), Buffer.of()))).toBe('bad-argument');
  });

  it('locks a version, says until when, and lets nobody remove it or lock it for less', async () => {
    const { store } = given();
    const key = freshKey();
    const { versionId } = await putAll(store, key, sample('locked', 1000));
    expect(await store.retention(key, versionId)).toBeNull();
    const until = new Date(Date.now() + 3_600_123);
    const held = await store.retain(key, versionId, until);
    expect(held.getTime() - until.getTime()).toBeGreaterThanOrEqual(0);
    expect(held.getTime() - until.getTime()).toBeLessThan(1000);
    expect(await store.retention(key, versionId)).toEqual(held);
    expect(await codeOf(() => store.remove(key, versionId))).toBe('locked');
    expect(await codeOf(() => store.retain(key, versionId, new Date(until.getTime() - 60_000)))).toBe('locked');
    const later = await store.retain(key, versionId, new Date(until.getTime() + 60_000));
    expect(later > held).toBe(true);
    expect(await store.retention(key, versionId)).toEqual(later);
    expect(await digestOf(store, key, versionId)).toBe(hex(sample('locked', 1000)));
    expect(await codeOf(() => store.retain(key, versionId, new Date(Number.NaN)))).toBe('bad-argument');
  });

  it('locks one version and not its neighbour', async () => {
    const { store } = given();
    const key = freshKey();
    const one = await putAll(store, key, sample('one', 10));
    const two = await putAll(store, key, sample('two', 10));
    await store.retain(key, one.versionId, new Date(Date.now() + 3_600_000));
    expect(await store.retention(key, two.versionId)).toBeNull();
    await store.remove(key, two.versionId);
    expect(await codeOf(() => store.stat(key, two.versionId))).toBe('not-found');
    expect(await store.latest(key)).toEqual(one);
  });

  it('removes a version once its time is over, and does not mind being asked again', async () => {
    const { store } = given();
    const key = freshKey();
    const { versionId } = await store.putObject(key, sample('short', 10));
    const held = await store.retain(key, versionId, new Date(Date.now() + 1_000));
    let code: unknown = 'locked';
    while (code === 'locked') {
      const asked = Date.now();
      code = await store.remove(key, versionId).then(
        () => (asked > held.getTime() - 100 ? 'removed' : 'removed too early'),
        (error: unknown) => (error as { code: string }).code,
      );
    }
    expect(code).toBe('removed');
    await store.remove(key, versionId);
    expect(await codeOf(() => store.stat(key, versionId))).toBe('not-found');
    expect(await store.latest(key)).toBeNull();
  });

  it('passes its own test of write-once', async () => {
    const { store, address } = given();
    const worm = address.startsWith('file:') ? 'emulated' : 'enforced';
    expect(store.worm).toBe(worm);
    expect(await store.selfTest()).toEqual({ worm });
  });
}
