import { commitmentIn, entryOf } from '#domain/custody';
import { decodeEntryBundle, leafHash, RightEdge, TILE_WIDTH } from '#domain/merkle';
import { LogError } from './log-error.js';
import type { LogStore } from './log-store.js';
import { nodeSha256 } from './node-hashes.js';
import { recordOfPlatform } from './platform-event.js';
import { type RecoveryParts, requireStaged, takeInHand } from './recovery.js';

/** What a replay brought back. */
export interface ReplayReport {
  readonly origin: string;
  /** Entries [from, to) were missing in the database; equal where none was. */
  readonly from: number;
  readonly to: number;
  /** Of them, those whose event the database still had waiting. */
  readonly restored: number;
  /** Indexes of those whose event is lost: their commitment is in the log, their body is nowhere here. */
  readonly lost: readonly number[];
}

/**
 * After an older database was restored: brings back, from what the store holds, the entries up to the last head that was ever signed, so
 * that the log leads to it again. Changes nothing unless they do; may be run again after a crash. Events whose bodies were lost with the
 * newer database stay lost, and the record says which.
 * @throws LogError
 */
export async function replayLog(parts: RecoveryParts): Promise<ReplayReport> {
  const { session, database, heads, key } = parts;
  const origin = key.verifier.name;
  const { epoch, store, last, kept, publishedSize } = await takeInHand(parts);
  const [state] = await session.query<{ size: string; edge: Buffer[]; root: Buffer }>(
    'SELECT size, edge, root FROM amana.log_state',
  );
  if (!state) throw new Error('the log has no state: the database is not migrated');
  const from = Number(state.size);
  if (last === null) return { origin, from, to: from, restored: 0, lost: [] };
  const to = Math.max(from, last.size);
  const edge = new RightEdge(from, state.edge, nodeSha256);
  if (to > from) {
    await requireStaged(store, last, { size: from, root: state.root });
    const grown = edge.clone();
    for await (const batch of commitments(store, from, to)) append(grown, batch);
    if (!Buffer.from(grown.root()).equals(last.root))
      throw new LogError('diverged', `the entries do not lead to the head that was signed over ${to} of them`);
    await database.asPlatform((tx) =>
      recordOfPlatform(tx, {
        result: 'done',
        kind: 'log-recovered',
        reason: `the database was behind what was signed: entries ${from} to ${to - 1} were brought back from the store`,
        detail: { origin, from, to },
      }),
    );
  }
  const lost: number[] = [];
  for await (const batch of commitments(store, from, to)) {
    const at = edge.size;
    append(edge, batch);
    const [answer] = await session.query<{ lost: string[] }>(
      'SELECT amana.log_replay($1, $2, $3::bytea[], $4::bytea[], $5) AS lost',
      [epoch, at, batch, edge.hashes.map((hash) => Buffer.from(hash)), Buffer.from(edge.root())],
    );
    lost.push(...(answer?.lost ?? []).map(Number));
  }
  if (kept === null || !Buffer.from(kept.note).equals(last.note)) await heads.replace(origin, kept, last.note);
  if (last.size > publishedSize)
    await session.query('SELECT amana.log_publish($1, $2, $3)', [
      epoch,
      last.size,
      Buffer.from(last.note).toString('utf8'),
    ]);
  return { origin, from, to, restored: to - from - lost.length, lost };
}

/** Commitments of the entries [from, to), out of the store, a bundle or a part of one at a time. */
async function* commitments(store: LogStore, from: number, to: number): AsyncGenerator<Buffer[]> {
  for (let at = from; at < to;) {
    const bundle = Math.floor(at / TILE_WIDTH);
    const first = bundle * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, to - first);
    const entries = decodeEntryBundle(await store.readEntryBundle(bundle, width), width);
    yield entries.slice(at - first).map((entry) => Buffer.from(commitmentIn(entry)));
    at = first + width;
  }
}

function append(edge: RightEdge, batch: readonly Buffer[]): void {
  for (const commitment of batch) edge.append(leafHash(entryOf(commitment), nodeSha256));
}
