import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { fetchSend } from '#client/api';
import { commitmentOf, entryOf, toBase64 } from '#domain/custody';
import {
  checkpointVerifier,
  encodeEntryBundle,
  entryBundlePath,
  formatCheckpoint,
  formatLogPolicy,
  growTree,
  leafHash,
  type LogPolicy,
  parseLogPolicy,
  parseTlogProof,
  RightEdge,
  signingKey,
  signNote,
  type TreeHead,
  tilePath,
  verifyTlogProof,
} from '#domain/merkle';
import { fsckLog, proveEntries, PublicLog, type ShownErasure, type ShownEvent } from './index.js';

const SIZE = 700;
const key = signingKey('custody.example/log/test', 'ed25519', new Uint8Array(32).fill(3));
const policy = policyOf(key.verifier);
const events: ShownEvent[] = Array.from({ length: SIZE }, (_, index) => ({
  index,
  salt: new Uint8Array(32).fill(index % 256),
  body: new TextEncoder().encode(`{"event":${index}}`),
}));
const entries = events.map(({ salt, body }) => entryOf(commitmentOf(salt, body)));

/** All of an erasure's event but which it erased. */
const SAYING = {
  ...{ kind: 'event-erased', schema: 'custody-event/v1', id: '10000000-0000-4000-8000-000000000001', software: 'test' },
  ...{ chain: { kind: 'platform', id: '00000000-0000-4000-8000-000000000000' }, result: 'done', zone: 'UTC' },
  ...{
    actor: { kind: 'platform', component: 'api' },
    at: '2026-11-24T21:00:00.000Z',
    caseSeq: 1,
    prevCaseCommitment: null,
  },
};

function policyOf(verifier: typeof key.verifier): LogPolicy {
  return parseLogPolicy(new TextEncoder().encode(formatLogPolicy(verifier)));
}

/** What a platform serves under /log/. */
const served = new Map<string, Uint8Array>();
let heads: TreeHead[];
let refuse = 0;

function serve(): void {
  served.clear();
  const edge = new RightEdge();
  heads = [{ size: 0, root: edge.root() }];
  for (const entry of entries) {
    edge.append(leafHash(entry));
    heads.push({ size: edge.size, root: edge.root() });
  }
  const { tiles } = growTree(
    new RightEdge(),
    [],
    entries.map((entry) => leafHash(entry)),
  );
  for (const tile of tiles) served.set(tilePath(tile), tile.bytes);
  for (let at = 0; at < SIZE; at += 256) {
    const bundle = entries.slice(at, at + 256);
    served.set(entryBundlePath({ index: at / 256, width: bundle.length }), encodeEntryBundle(bundle));
  }
  served.set('checkpoint', signNote(formatCheckpoint({ origin: key.verifier.name, ...heads[SIZE]! }), [key]));
}

function noteOver(size: number): Uint8Array {
  return signNote(formatCheckpoint({ origin: key.verifier.name, ...heads[size]! }), [key]);
}

/** The log as it was published under an earlier head; a tile or bundle that has grown since is cut. */
function headedBy(note: Uint8Array) {
  const { tiles } = growTree(
    new RightEdge(),
    [],
    entries.slice(0, 600).map((entry) => leafHash(entry)),
  );
  const early = new Map(tiles.map((tile) => [tilePath(tile), tile.bytes]));
  return {
    checkpoint: () => Promise.resolve(note),
    readTile: (level: number, index: number, width: number) => {
      const bytes = early.get(tilePath({ level, index, width }));
      return bytes ? Promise.resolve(bytes) : log.readTile(level, index, width);
    },
    readEntryBundle: (index: number, width: number) =>
      Promise.resolve(encodeEntryBundle(entries.slice(index * 256, index * 256 + width))),
  };
}

function flip(path: string, at: number): void {
  const bytes = Uint8Array.from(served.get(path)!);
  bytes[at]! ^= 1;
  served.set(path, bytes);
}

let server: Server;
let log: PublicLog;
beforeAll(async () => {
  server = createServer((request, response) => {
    const bytes = served.get((request.url ?? '').slice('/log/'.length));
    if (refuse-- > 0) response.writeHead(503).end();
    else if (bytes) response.end(bytes);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  log = new PublicLog({ baseUrl, send: fetchSend(fetch), patience: { seconds: 2 } });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  refuse = 0;
  serve();
});

describe('checking a log from outside', () => {
  it('finds a whole log whole, with its earlier heads and the events that were shown', async () => {
    const progress: number[] = [];
    const report = await fsckLog(log, policy, {
      earlier: [heads[0]!, heads[1]!, heads[256]!, heads[300]!, heads[SIZE]!],
      events,
      onProgress: (entriesChecked) => progress.push(entriesChecked),
    });
    expect(report).toEqual({
      ok: true,
      checkpoint: { origin: key.verifier.name, ...heads[SIZE]! },
      events: SIZE,
      erased: 0,
      faults: [],
    });
    expect(progress).toEqual([256, 512, 700]);
  });

  it.each([
    ['a bundle', 'tile/entries/001', 130, 'bundle', 256 + 2],
    ['a tile', 'tile/0/000', 32 * 99, 'tile', 99],
    ['a partial tile', 'tile/0/002.p/188', 0, 'tile', 512],
    ['a tile of level 1', 'tile/1/000.p/2', 63, 'tile', 256],
  ])('names the index where one bit of %s is flipped', async (_, path, at, part, index) => {
    flip(path, at);
    const report = await fsckLog(log, policy);
    expect(report.ok).toBe(false);
    expect(report.faults).toEqual([{ part, index, detail: expect.any(String) }]);
  });

  it('fetches so many bundles and tiles at once, and no more, and checks them in order however they come', async () => {
    flip('tile/entries/001', 130);
    const waiting: (() => void)[] = [];
    let most = 0;
    /** Answers when nothing more is asked for, the last first. */
    const held = async (read: () => Promise<Uint8Array>) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        most = Math.max(most, waiting.length);
        setImmediate(() => setImmediate(() => waiting.pop()?.()));
      });
      return read();
    };
    const source = {
      checkpoint: () => log.checkpoint(),
      readTile: (...tile: [number, number, number]) => held(() => log.readTile(...tile)),
      readEntryBundle: (...bundle: [number, number]) => held(() => log.readEntryBundle(...bundle)),
    };
    const progress: number[] = [];
    for (const [bundlesAtOnce, requests] of [
      [1, 2],
      [2, 4],
      [16, 6],
    ] as const) {
      most = 0;
      progress.length = 0;
      const onProgress = (entriesChecked: number) => progress.push(entriesChecked);
      const { faults } = await fsckLog(source, policy, { bundlesAtOnce, onProgress });
      expect(faults).toMatchObject([{ part: 'bundle', index: 258 }]);
      expect([most, progress]).toEqual([requests, [256, 512, 700]]);
    }
  });

  it('names what is not there', async () => {
    served.delete('tile/entries/001');
    const { faults } = await fsckLog(log, policy);
    expect(faults).toEqual([{ part: 'bundle', index: 256, detail: expect.stringContaining('404') }]);
  });

  it('finds that the log did not grow out of a head seen before, or is shorter', async () => {
    const report = await fsckLog(log, policy, {
      earlier: [
        { size: 300, root: heads[299]!.root },
        { size: SIZE + 1, root: heads[SIZE]!.root },
      ],
    });
    expect(report.faults.map(({ part, index }) => [part, index])).toEqual([
      ['head', 300],
      ['head', SIZE + 1],
    ]);
  });

  it('finds an event that is not the one logged, and one that is not logged at all', async () => {
    const report = await fsckLog(log, policy, {
      events: [
        events[5]!,
        { ...events[6]!, body: new Uint8Array(1) },
        { ...events[7]!, salt: events[8]!.salt },
        { ...events[9]!, salt: new Uint8Array(3) },
        { ...events[9]!, index: SIZE },
      ],
    });
    expect(report.faults.map(({ part, index }) => [part, index])).toEqual([
      ['event', 6],
      ['event', 7],
      ['event', 9],
      ['event', SIZE],
    ]);
  });

  it('finds events out of order, and one that is shown twice', async () => {
    const report = await fsckLog(log, policy, { events: [events[8]!, events[5]!, events[9]!, events[9]!] });
    expect(report.faults.map(({ part, index, detail }) => [part, index, detail])).toEqual([
      ['event', 8, 'the events that were shown are not in the order of the log'],
      ['event', 9, 'the events that were shown are not in the order of the log'],
    ]);
  });

  it('asks for the events one by one as it gets to them, and lets go of them when it fails', async () => {
    let given = 0;
    let ended = 0;
    async function* stream() {
      try {
        for (const event of events) {
          given += 1;
          yield await Promise.resolve(event);
        }
      } finally {
        ended += 1;
      }
    }
    const givenAt: number[] = [];
    await fsckLog(log, policy, { events: stream(), onProgress: () => givenAt.push(given) });
    expect(givenAt).toEqual([257, 513, 700]);
    const onProgress = () => {
      throw new Error('given up');
    };
    await expect(fsckLog(log, policy, { events: stream(), onProgress })).rejects.toThrow('given up');
    expect(ended).toBe(2);
  });

  it('holds events that came during the check against the next head', async () => {
    const [early, whole] = [noteOver(600), noteOver(SIZE)];
    const check = (shown: ShownEvent[], headOver: (index: number) => Promise<Uint8Array | null>) =>
      fsckLog(headedBy(early), policy, { events: shown, headOver });
    const asked: number[] = [];
    const next = (index: number) => (asked.push(index), Promise.resolve(whole));
    expect(await check(events, next)).toMatchObject({ ok: true, events: SIZE, checkpoint: { size: 600 } });
    expect(asked).toEqual([SIZE - 1]);
    const edited = events.map((event) => (event.index === 650 ? { ...event, body: new Uint8Array(9) } : event));
    expect((await check(edited, next)).faults).toMatchObject([{ part: 'event', index: 650 }]);
    const none = await check(events.slice(690), () => Promise.resolve(null));
    expect(none.faults.map(({ index }) => index)).toEqual([690, 691, 692, 693, 694, 695, 696, 697, 698, 699]);
  });

  it('takes an erased event by its commitment, as long as another that is shown says that it was erased', async () => {
    const ground = { instrument: 'Act 12', number: '§ 3', reason: 'order 1' };
    const erasedAt = 40;
    const commitment = commitmentOf(events[erasedAt]!.salt, events[erasedAt]!.body);
    const body = new TextEncoder().encode(
      JSON.stringify({
        ...SAYING,
        erasure: { origin: 'o', index: erasedAt, commitment: toBase64(commitment), ground },
      }),
    );
    const saying = { index: 650, salt: new Uint8Array(32), body };
    const kept = entries[650]!;
    entries[650] = entryOf(commitmentOf(saying.salt, body));
    serve();
    try {
      const shownAs = new Map<number, ShownEvent | ShownErasure>([
        [erasedAt, { index: erasedAt, commitment }],
        [650, saying],
      ]);
      const said = events.map((line) => shownAs.get(line.index) ?? line);
      expect(await fsckLog(log, policy, { events: said })).toMatchObject({ ok: true, events: SIZE, erased: 1 });
      const unsaid = said.filter(({ index }) => index !== 650);
      expect((await fsckLog(log, policy, { events: unsaid })).faults).toEqual([
        { part: 'event', index: erasedAt, detail: expect.stringContaining('no erasure of it') },
      ]);
      const other = said.map((line) =>
        line.index === erasedAt ? { index: erasedAt, commitment: new Uint8Array(32) } : line,
      );
      expect((await fsckLog(log, policy, { events: other })).faults).toMatchObject([
        { part: 'event', index: erasedAt, detail: expect.stringContaining('not the one in the log') },
        { part: 'event', index: erasedAt },
      ]);
    } finally {
      entries[650] = kept;
    }
  });

  it('believes no checkpoint of another key', async () => {
    const other = signingKey(key.verifier.name, 'ed25519', new Uint8Array(32).fill(4));
    await expect(fsckLog(log, policyOf(other.verifier))).rejects.toMatchObject({ code: 'no-known-signature' });
    flip('checkpoint', 30);
    await expect(fsckLog(log, policy)).rejects.toMatchObject({ name: 'ProofError' });
  });
});

describe('proving entries out of public tiles', () => {
  it('gives proofs that verify, all under one head', async () => {
    const checkpoint = await log.checkpoint();
    const indexes = [0, 255, 256, 511, 512, SIZE - 1];
    const proofs = await proveEntries(indexes, checkpoint, policy, log);
    const verify = checkpointVerifier(policy);
    for (const [at, index] of indexes.entries()) {
      const proof = parseTlogProof(proofs[at]!);
      expect(proof.index).toBe(index);
      verifyTlogProof(proof, leafHash(entries[index]!), verify);
    }
    await expect(proveEntries([SIZE], checkpoint, policy, log)).rejects.toMatchObject({ code: 'bad-index' });
  });
});

describe('reading over HTTP', () => {
  it('tries again when the platform is busy', async () => {
    refuse = 2;
    expect(await log.checkpoint()).toEqual(served.get('checkpoint'));
  });

  it('tells what is not there, and what is too large to be of a log', async () => {
    await expect(log.readTile(0, 77, 256)).rejects.toMatchObject({ failure: { kind: 'bad-answer' } });
    served.set('tile/0/000', new Uint8Array(18 * 1024 * 1024));
    await expect(log.readTile(0, 0, 256)).rejects.toThrow('larger');
  });

  it('tells when nobody answers', async () => {
    const nowhere = new PublicLog({ baseUrl: 'http://127.0.0.1:1', send: fetchSend(fetch), patience: { seconds: 0 } });
    await expect(nowhere.checkpoint()).rejects.toMatchObject({ failure: { kind: 'unreachable' } });
  });
});
