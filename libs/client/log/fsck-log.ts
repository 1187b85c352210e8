import { commitmentOf, entryOf } from '#domain/custody';
import {
  checkLog,
  type Checkpoint,
  leafHash,
  type LogFault,
  type LogPolicy,
  type LogSource,
  RightEdge,
  type Sha256,
  type TreeHead,
  verifyCheckpoint,
} from '#domain/merkle';

/** An event that its reader was shown, to be held against the log. */
export interface ShownEvent {
  readonly index: number;
  readonly salt: Uint8Array;
  readonly body: Uint8Array;
}

export interface LogCheckOptions {
  /** Heads that were seen before: the log must have grown out of each. */
  readonly earlier?: readonly TreeHead[];
  readonly events?: readonly ShownEvent[];
  readonly sha256?: Sha256;
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
  /** By index. */
  readonly faults: readonly LogCheckFault[];
}

/**
 * Checks a log from outside, from what anyone may read: the checkpoint under the reader's own policy, then every tile built again from
 * the entries up to the signed root. Trusts nothing that the log's host says, and takes bounded memory.
 * @throws ProofError when the checkpoint is not one under this policy; what the source throws when there is no checkpoint to be had
 */
export async function fsckLog(
  source: LogSource & { checkpoint(): Promise<Uint8Array> },
  policy: LogPolicy,
  { earlier = [], events = [], sha256, onProgress }: LogCheckOptions = {},
): Promise<LogCheckReport> {
  const { checkpoint } = verifyCheckpoint(await source.checkpoint(), policy);
  const shown = groupedBy(events, ({ index }) => index);
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
  compareHeads();
  for await (const { leafHashes, faults: found } of checkLog(checkpoint, source, sha256)) {
    faults.push(...found);
    for (const leaf of leafHashes) {
      for (const event of shown.get(entries) ?? []) faults.push(...checkEvent(event, leaf, sha256));
      shown.delete(entries);
      entries += 1;
      // Hashing the edge doubles the work: only as far as a head is there to be compared.
      if (heads.size === 0) continue;
      edge.append(leaf);
      compareHeads();
    }
    onProgress?.(entries, checkpoint.size);
  }
  if (entries === checkpoint.size) {
    for (const size of heads.keys()) faults.push(diverged(size));
    for (const index of shown.keys())
      faults.push({ part: 'event', index, detail: 'the log has no entry of this index' });
  }
  return { ok: faults.length === 0, checkpoint, faults: faults.toSorted((a, b) => a.index - b.index) };
}

function checkEvent({ index, salt, body }: ShownEvent, leaf: Uint8Array, sha256?: Sha256): LogCheckFault[] {
  const commits = salt.length === 32 && sameBytes(leafHash(entryOf(commitmentOf(salt, body)), sha256), leaf);
  return commits ? [] : [{ part: 'event', index, detail: 'the event that was shown is not the one in the log' }];
}

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

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
