import type { LogFault } from '#domain/merkle';

/**
 * What can be wrong with the record. Of the store: the parts of `LogFault`. Of the database:
 * - `event`: salt or body, or a column beside them, is not what was committed to.
 * - `entry`: the list of entries.
 * - `chain`: an event was left out, moved or replaced within a case or an exhibit, or is in no log.
 * - `state`: committed size and root.
 * - `checkpoint`: signature, name or root of a published head.
 */
export type FsckPart = LogFault['part'] | 'event' | 'entry' | 'chain' | 'state' | 'checkpoint';

export interface FsckFault {
  readonly part: FsckPart;
  /** Index of the first entry that it touches; of a checkpoint its size; null for an event that has no index. */
  readonly index: number | null;
  /** For people, by ids and names of columns: nothing of an event's content. */
  readonly detail: string;
}

export interface FsckReport {
  readonly ok: boolean;
  /** Entries that were checked. */
  readonly size: number;
  /** Of them, those whose salt and body were destroyed under law, as an event of the record says: their commitment alone could be checked. */
  readonly erased: number;
  /** By index, at most MAX_FAULTS. */
  /** Indexes of entries whose event was lost with an older database, as the record itself says (`log-recovered`); absent when none was. */
  readonly lost?: readonly number[];
  readonly faults: readonly FsckFault[];
}

/** More faults than these are counted as found, not told. */
export const MAX_FAULTS = 1000;
