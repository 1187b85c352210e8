import {
  checkLog,
  type Checkpoint,
  checkpointVerifier,
  type LogFault,
  type LogPolicy,
  type LogSource,
  parseTlogProof,
  ProofError,
  RightEdge,
  type Sha256,
  type TreeHead,
  verifyCheckpoint,
  verifyTlogProof,
} from '#domain/merkle';
import { proveEntries } from './prove-entries.js';
import { type RemainingEvent, sameBytes, type ShownErasure, type ShownEvent, ShownEvents } from './shown-events.js';

export interface LogCheckOptions {
  /** Heads that were seen before: the log must have grown out of each. */
  readonly earlier?: readonly TreeHead[];
  /** In the order of the log; asked for as the check gets to them. */
  readonly events?: AsyncIterable<ShownEvent | ShownErasure> | Iterable<ShownEvent | ShownErasure>;
  /**
   * A published head over this entry, for events that were recorded while the log was being checked; null when none comes. Without
   * it the log must have them under the head that it is checked under.
   */
  readonly headOver?: (index: number) => Promise<Uint8Array | null>;
  readonly sha256?: Sha256;
  /** Entry bundles that are fetched at once, and as many tiles. */
  readonly bundlesAtOnce?: number;
  /** Told now and then how many entries are checked. */
  readonly onProgress?: (entries: number, of: number) => void;
}

export interface LogCheckFault {
  /** As in `LogFault`; `head`: the log did not grow out of a head seen before; `event`: an event shown is not the one logged. */
  readonly part: LogFault['part'] | 'head' | 'event';
  /** Index of the first entry that it touches; of a head its size. */
  readonly index: number;
  readonly detail: string;
}

export interface LogCheckReport {
  readonly ok: boolean;
  readonly checkpoint: Checkpoint;
  /** How many events that were shown were held against the log. */
  readonly events: number;
  /** Of those, the ones shown as erased, of which an event that was shown says so. */
  readonly erased: number;
  /** By index. */
  readonly faults: readonly LogCheckFault[];
}

/** With their tiles as many requests as a client keeps connections: what takes a log's time is the way to it. */
const BUNDLES_AT_ONCE = 16;

type Source = LogSource & { checkpoint(): Promise<Uint8Array> };

/**
 * Checks a log from outside, from what anyone may read: the checkpoint under the reader's own policy, then every tile built again from
 * the entries up to the signed root; and each event that the reader was shown held against its entry. Trusts nothing that the log's host
 * says, and takes bounded memory.
 * @throws ProofError when the checkpoint is not one under this policy; what the source throws when there is no checkpoint to be had;
 *   what `events` throws
 */
export async function fsckLog(
  source: Source,
  policy: LogPolicy,
  { earlier = [], events = [], headOver, sha256, bundlesAtOnce = BUNDLES_AT_ONCE, onProgress }: LogCheckOptions = {},
): Promise<LogCheckReport> {
  const note = await source.checkpoint();
  const { checkpoint } = verifyCheckpoint(note, policy);
  const shown = new ShownEvents(events, sha256);
  const heads = groupedBy(earlier, ({ size }) => size);
  const faults: LogCheckFault[] = [];
  const edge = new RightEdge(0, [], sha256);
  let entries = 0;
  const compareHeads = () => {
    for (const { size, root } of heads.get(edge.size) ?? []) {
      if (!sameBytes(root, edge.root())) faults.push(diverged(size));
    }
    heads.delete(edge.size);
  };
  try {
    compareHeads();
    for await (const { leafHashes, faults: found } of checkLog(checkpoint, source, sha256, bundlesAtOnce)) {
      faults.push(...found);
      for (const leaf of leafHashes) {
        const detail = await shown.fault(entries, leaf);
        if (detail !== null) faults.push({ part: 'event', index: entries, detail });
        entries += 1;
        // Hashing the edge doubles the work: only as far as a head is there to be compared.
        if (heads.size === 0) continue;
        edge.append(leaf);
        compareHeads();
      }
      onProgress?.(entries, checkpoint.size);
    }
    let rest: readonly RemainingEvent[] = [];
    if (entries === checkpoint.size) {
      for (const size of heads.keys()) faults.push(diverged(size));
      rest = await shown.rest();
      const [covered, later] = [
        rest.filter(({ index }) => index < entries),
        rest.filter(({ index }) => index >= entries),
      ];
      faults.push(...(await unprovenIn(covered, note, source, policy)));
      faults.push(...(await unprovenIn(later, await headOverAll(later, headOver), source, policy)));
      faults.push(...shown.unfounded().map(unfounded));
    }
    const sorted = faults.toSorted((a, b) => a.index - b.index);
    return {
      ok: faults.length === 0,
      checkpoint,
      events: shown.held + rest.length,
      erased: shown.erased,
      faults: sorted,
    };
  } finally {
    await shown.close();
  }
}

async function headOverAll(
  events: readonly RemainingEvent[],
  headOver: LogCheckOptions['headOver'],
): Promise<Uint8Array | null> {
  const last = events.reduce((most, { index }) => Math.max(most, index), -1);
  return last < 0 ? null : ((await headOver?.(last)) ?? null);
}

/** Events that were not met on the way, each proven by itself under a head: those that are not in the log there. */
async function unprovenIn(
  events: readonly RemainingEvent[],
  note: Uint8Array | null,
  source: Source,
  policy: LogPolicy,
): Promise<LogCheckFault[]> {
  if (events.length === 0) return [];
  if (note === null)
    return events.map(({ index }) => ({ part: 'event', index, detail: 'the log has no entry of this index' }));
  const indexes = events.map(({ index }) => index);
  const proofs = await proveEntries(indexes, note, policy, source);
  const verify = checkpointVerifier(policy);
  return events.flatMap(({ index, leafHash }, at): LogCheckFault[] => {
    try {
      verifyTlogProof(parseTlogProof(proofs[at] ?? new Uint8Array(0)), leafHash, verify);
      return [];
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      return [{ part: 'event', index, detail: 'the event that was shown is not the one in the log' }];
    }
  });
}

const unfounded = (index: number): LogCheckFault => ({
  part: 'event',
  index,
  detail: 'the event was shown as erased, and no erasure of it is on the record that was shown',
});

const diverged = (size: number): LogCheckFault => ({
  part: 'head',
  index: size,
  detail: `the log did not grow out of its own earlier head over ${size} entries`,
});

function groupedBy<Item>(items: readonly Item[], placeOf: (item: Item) => number): Map<number, Item[]> {
  const groups = new Map<number, Item[]>();
  for (const item of items) groups.set(placeOf(item), [...(groups.get(placeOf(item)) ?? []), item]);
  return groups;
}
