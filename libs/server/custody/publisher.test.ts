import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TestLog } from '../../../test/support/custody.js';
import { formatCheckpoint, openNote, signingKey, signNote } from '#domain/merkle';
import { FileHeadStore } from './file-head-store.js';
import type { LogOfficeParts, OfficeWitnesses } from './log-office.js';
import type { HeldHead } from './publisher.js';
import { openOwnHead } from './signed-head.js';

let log: TestLog;
beforeEach(async () => {
  log = await TestLog.open();
});
afterEach(() => log.close());

/** The store of the log, but for what is done otherwise. */
function storeWith(over: Partial<LogOfficeParts['store']>): LogOfficeParts['store'] {
  const { store } = log;
  return {
    putObject: (key, bytes) => store.putObject(key, bytes),
    getObject: (key, versionId) => store.getObject(key, versionId),
    latest: (key) => store.latest(key),
    remove: (key, versionId) => store.remove(key, versionId),
    ...over,
  };
}

/** Witnesses that hold this when they are asked at the start, and are not heard of again. */
const silent = (held: HeldHead): OfficeWitnesses => ({
  heldHeads: () => Promise.resolve([held]),
  contradiction: () => null,
  published: () => undefined,
  drive: (_session, _store, ending) => delay(20_000, undefined, { signal: ending }).catch(() => undefined),
});

describe('publishing', () => {
  it('writes tiles before it signs, and signs heads that each grow out of the one before', async () => {
    const order: string[] = [];
    const store = storeWith({
      putObject: async (key, bytes) => {
        const version = await log.store.putObject(key, bytes);
        order.push(key);
        return version;
      },
    });
    const key = {
      verifier: log.key.verifier,
      sign: (message: Uint8Array) => (order.push('sign'), log.key.sign(message)),
    };
    await log.appendMany(300);
    await log.publish(300, { store, key });
    await log.appendMany(300);
    await log.publish(600, { store, key });
    expect(order.at(-1)).toBe('sign');
    expect(order.indexOf('sign')).toBe(order.lastIndexOf('sign', order.length - 2));
    expect(order.slice(0, order.indexOf('sign')).sort()).toEqual([
      'log/tile/0/000',
      'log/tile/0/001.p/44',
      'log/tile/1/000.p/1',
      'log/tile/entries/000',
      'log/tile/entries/001.p/44',
    ]);
  });

  it('signs each head with every key of the log, and takes it up with any of them gone', async () => {
    const second = signingKey(log.key.verifier.name, 'ml-dsa-44', new Uint8Array(32).fill(8));
    await log.appendMany(3);
    await log.publish(3, { moreKeys: [second] });
    const note = (await log.heads.read(log.key.verifier.name))!.note;
    const { signatures } = openNote(note, [log.key.verifier, second.verifier]);
    expect(signatures).toEqual([
      { kind: 'signature', key: log.key.verifier },
      // A log says nothing of the time.
      { kind: 'cosignature', key: second.verifier, timestampSeconds: 0 },
    ]);
    for (const known of [log.key.verifier, second.verifier]) expect(openNote(note, [known]).signatures).toHaveLength(1);
    await log.appendMany(3);
    await log.publish(6);
    await log.appendMany(3);
    await log.publish(9, { moreKeys: [second] });
    expect((await log.fsck()).faults).toEqual([]);
  });

  it('removes partial tiles that a full one has made needless', async () => {
    await log.appendMany(200);
    const stop = new AbortController();
    let published = 0;
    const running = log.office({ observer: { published: (head) => (published = head.size) } }).run(stop.signal);
    while (published < 200) await delay(5);
    expect(await log.store.latest('log/tile/0/000.p/200')).not.toBeNull();
    await log.appendMany(100);
    while (published < 300) await delay(5);
    stop.abort();
    await running;
    expect(await log.store.latest('log/tile/0/000.p/200')).toBeNull();
    expect(await log.store.latest('log/tile/entries/000.p/200')).toBeNull();
    expect((await log.fsck()).faults).toEqual([]);
  });

  it('stages everything again when the store has lost what the last head rests on', async () => {
    await log.appendMany(600);
    await log.publish(600);
    for (const name of ['log/tile/0/002.p/88', 'log/tile/1/000.p/2', 'log/tile/0/001']) {
      await log.store.remove(name, (await log.store.latest(name))!.versionId);
    }
    await log.appendMany(1);
    await log.publish(601);
    expect((await log.fsck()).faults).toEqual([]);
  });

  it('begins again before anything was published', async () => {
    for (let term = 0; term < 2; term++) {
      const stop = new AbortController();
      await log.office({ observer: { tookOffice: () => setTimeout(() => stop.abort(), 200) } }).run(stop.signal);
    }
    await log.appendMany(3);
    await log.publish(3);
  });

  it('refuses to go on when the head store is empty, and was not', async () => {
    await log.appendMany(3);
    await log.publish(3);
    const heads = new FileHeadStore(`${log.folder}-heads/other`);
    await expect(log.office({ heads }).run(AbortSignal.timeout(20_000))).rejects.toMatchObject({
      code: 'head-store-empty',
    });
  });

  it('refuses to go on when the head store was put back to an older state', async () => {
    await log.appendMany(3);
    const heads = new FileHeadStore(`${log.folder}-heads/other`);
    await log.publish(3, { heads });
    const older = await heads.read(log.key.verifier.name);
    await log.appendMany(3);
    await log.publish(6, { heads });
    const restored = new FileHeadStore(`${log.folder}-heads/restored`);
    await restored.replace(log.key.verifier.name, null, older!.note);
    await expect(log.office({ heads: restored }).run(AbortSignal.timeout(20_000))).rejects.toMatchObject({
      code: 'rolled-back',
      message: expect.stringMatching(/the head store has 3 entries.* holds a signed head over 6 entries/),
    });
  });

  it.each([
    ['a smaller head over another tree', 7, 7, 'diverged'],
    ['a head of the same size over another tree', 10, 7, 'diverged'],
    ['a larger head', 11, 7, 'rolled-back'],
  ])('refuses to begin when a witness holds %s, though it never shows it again', async (_, size, fill, code) => {
    await log.appendMany(10);
    await log.publish(10);
    await log.appendMany(5);
    const head = { origin: log.key.verifier.name, size, root: new Uint8Array(32).fill(fill) };
    const held = { by: 'witness north.example', head: { ...head, note: signNote(formatCheckpoint(head), [log.key]) } };
    let signed = 0;
    const key = { ...log.key, sign: (message: Uint8Array) => ((signed += 1), log.key.sign(message)) };
    const stop = AbortSignal.timeout(20_000);
    await expect(log.office({ key, witnesses: silent(held) }).run(stop)).rejects.toMatchObject({
      code,
      message: expect.stringContaining('witness north.example'),
    });
    expect(signed).toBe(0);
  });

  it('begins when what a witness holds is what it grew out of', async () => {
    await log.appendMany(10);
    await log.publish(10);
    const kept = await log.heads.read(log.key.verifier.name);
    const held = { by: 'witness north.example', head: openOwnHead(kept!.note, log.key.verifier, 'the head kept') };
    await log.appendMany(5);
    await log.publish(15, { witnesses: silent(held) });
    await log.appendMany(5);
    await log.publish(20, { witnesses: silent(held) });
  });

  it('signs nothing when another has replaced the head that it published', async () => {
    await log.appendMany(3);
    const other = { origin: log.key.verifier.name, size: 3, root: new Uint8Array(32).fill(5) };
    const stop = new AbortController();
    let signed = 0;
    const running = log
      .office({
        key: { ...log.key, sign: (message: Uint8Array) => ((signed += 1), log.key.sign(message)) },
        observer: {
          published: (head) => {
            // Whoever else has our key and the head store.
            if (head.size !== 3) return;
            void log.heads
              .read(other.origin)
              .then((kept) => log.heads.replace(other.origin, kept, signNote(formatCheckpoint(other), [log.key])))
              .then(() => log.appendMany(3));
          },
        },
      })
      .run(stop.signal);
    await expect(running).rejects.toMatchObject({
      code: 'diverged',
      message: expect.stringContaining('05'.repeat(32)),
    });
    expect(signed).toBe(1);
  });

  it('refuses to go on when an older database was restored', async () => {
    await log.appendMany(300);
    await log.publish(300);
    await log.asAdministrator(`DELETE FROM amana.log_entry WHERE log_index >= 200`);
    await log.asAdministrator(`UPDATE amana.log_state SET size = 200`);
    await expect(log.office().run(AbortSignal.timeout(20_000))).rejects.toMatchObject({ code: 'rolled-back' });
  });

  it.each([
    [
      'an entry beyond the last head was changed',
      `UPDATE amana.log_entry SET commitment = sha256('x') WHERE log_index = 350`,
      'diverged',
    ],
    ['an entry beyond the last head was dropped', `DELETE FROM amana.log_entry WHERE log_index = 350`, 'entry-missing'],
    ['the committed root was changed', `UPDATE amana.log_state SET root = sha256('x')`, 'diverged'],
    [
      'the last checkpoint was changed',
      `UPDATE amana.log_checkpoint SET note = replace(note, '300', '301')`,
      'checkpoint-invalid',
    ],
  ])('signs nothing when %s', async (_, sql, code) => {
    await log.appendMany(300);
    await log.publish(300);
    await log.appendMany(100);
    const sequencing = new AbortController();
    await log
      .office({
        publishEveryMs: 1e9,
        observer: { sequenced: (_events, size) => (size === 400 ? sequencing.abort() : undefined) },
      })
      .run(sequencing.signal);
    await log.asAdministrator(sql);
    await expect(log.office().run(AbortSignal.timeout(20_000))).rejects.toMatchObject({ code });
    const [checkpoints] = await log.asAdministrator<{ count: string }>('SELECT count(*) FROM amana.log_checkpoint');
    expect(checkpoints?.count).toBe('1');
  });

  it('signs nothing when the store gives back other bytes than it was given', async () => {
    await log.appendMany(300);
    const store = storeWith({
      getObject: async (key, versionId) => {
        const bytes = Uint8Array.from(await log.store.getObject(key, versionId));
        bytes[5]! ^= 1;
        return bytes;
      },
    });
    await expect(log.office({ store }).run(AbortSignal.timeout(20_000))).rejects.toMatchObject({
      code: 'tile-conflict',
    });
    expect(await log.asAdministrator('SELECT FROM amana.log_checkpoint')).toEqual([]);
  });

  it('signs nothing when the store holds other bytes under the name of a tile', async () => {
    await log.appendMany(300);
    await log.store.putObject('log/tile/0/000', new Uint8Array(8192));
    await expect(log.office().run(AbortSignal.timeout(20_000))).rejects.toMatchObject({ code: 'tile-conflict' });
  });
});
