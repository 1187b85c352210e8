import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { entryOf } from '#domain/custody';
import type { EventId } from '#domain/evidence';
import {
  checkpointVerifier,
  decodeEntryBundle,
  formatLogPolicy,
  leafHash,
  parseLogPolicy,
  parseTlogProof,
  verifyConsistency,
  verifyTlogProof,
} from '#domain/merkle';
import { newCase, statementIn, TestLog } from '../../../test/support/custody.js';
import { LogReader, type PublishedHead } from './log-reader.js';
import { RecentlyUsed } from './recently-used.js';

const FIRST = 700;
const SIZE = 1500;

let log: TestLog;
let reader: LogReader;
let firstHead: PublishedHead;
beforeAll(async () => {
  log = await TestLog.open();
  reader = new LogReader(log.api.database, log.store);
  await log.appendMany(FIRST);
  await log.publish(FIRST);
  firstHead = (await reader.latest())!;
  await log.appendMany(SIZE - FIRST);
  await log.publish(SIZE);
});
afterAll(() => log.close());

const entries = () =>
  log.asAdministrator<{ log_index: string; event_id: EventId; commitment: Buffer }>(
    'SELECT log_index, event_id, commitment FROM amana.log_entry ORDER BY log_index',
  );

describe('reading the log', () => {
  it('proves every event under the last checkpoint, to who pins the log', async () => {
    const verify = checkpointVerifier(parseLogPolicy(Buffer.from(formatLogPolicy(log.key.verifier))));
    for (const { log_index, event_id, commitment } of (await entries()).filter((_, at) => at % 37 === 0)) {
      const found = await reader.proofOf(event_id);
      const proof = parseTlogProof(found!.proof);
      expect(proof.index).toBe(Number(log_index));
      const { checkpoint } = verifyTlogProof(proof, leafHash(entryOf(commitment)), verify);
      expect(checkpoint.size).toBe(SIZE);
    }
  });

  it('has no proof yet of an event that waits, nor of one that no checkpoint covers, nor of what is no event', async () => {
    const [waiting] = await log.append(statementIn(newCase()));
    expect(await reader.proofOf(waiting!.id)).toBeUndefined();
    const stop = new AbortController();
    await log.office({ publishEveryMs: 1e9, observer: { sequenced: () => stop.abort() } }).run(stop.signal);
    expect(await reader.proofOf(waiting!.id)).toBeUndefined();
    expect(await reader.proofOf('00000000-0000-4000-8000-000000000000' as EventId)).toBeUndefined();
    await log.publish(SIZE + 1);
    expect((await reader.proofOf(waiting!.id))?.index).toBe(SIZE);
  });

  it('proves that the log grew out of an earlier head', async () => {
    const head = (await reader.latest())!;
    const proof = await reader.consistency(firstHead.size, head.size);
    verifyConsistency(firstHead.size, head.size, proof, firstHead.root, head.root);
  });

  it('gives tiles and bundles of any width that a head had, and null for what is not there', async () => {
    const rows = await entries();
    const hashes = Buffer.concat(rows.slice(512, 700).map(({ commitment }) => leafHash(entryOf(commitment))));
    // The partial one of the first head is gone; the full one holds it.
    const tile = await reader.read({ kind: 'tile', level: 0, index: 2, width: 700 - 512 });
    expect(Buffer.from(tile!).equals(hashes)).toBe(true);
    const bundle = await reader.read({ kind: 'entries', index: 2, width: 700 - 512 });
    expect(decodeEntryBundle(bundle!, 700 - 512)).toHaveLength(700 - 512);
    expect(await reader.read({ kind: 'tile', level: 0, index: 99, width: 256 })).toBeNull();
    expect(await reader.read({ kind: 'tile', level: 3, index: 0, width: 1 })).toBeNull();
    expect(await reader.read({ kind: 'entries', index: 99, width: 3 })).toBeNull();
  });

  it('hands out no proof that does not verify', async () => {
    const broken = new LogReader(log.api.database, {
      latest: (key: string) => log.store.latest(key),
      getObject: async (key: string, version: string) => {
        const bytes = Uint8Array.from(await log.store.getObject(key, version));
        bytes[40]! ^= 1;
        return bytes;
      },
    } as never);
    const [entry] = await entries();
    await expect(broken.proofOf(entry!.event_id)).rejects.toMatchObject({ code: 'tile-conflict' });
  });

  it('reads a full tile from the store once', async () => {
    const reads: string[] = [];
    const counting = new LogReader(log.api.database, {
      latest: (key: string) => log.store.latest(key),
      getObject: (key: string, version: string) => {
        reads.push(key);
        return log.store.getObject(key, version);
      },
    } as never);
    const [entry] = await entries();
    await counting.proofOf(entry!.event_id);
    await counting.proofOf(entry!.event_id);
    expect(reads.filter((key) => key === 'log/tile/0/000')).toHaveLength(1);
  });
});

describe('what is kept of recent reads', () => {
  it('is what was used last', () => {
    const kept = new RecentlyUsed<number>(2);
    kept.set('a', 1);
    kept.set('b', 2);
    expect(kept.get('a')).toBe(1);
    kept.set('c', 3);
    expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual([1, undefined, 3]);
  });
});
