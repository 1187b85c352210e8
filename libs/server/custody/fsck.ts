import { checkLog, leafHash, openNote, parseCheckpoint, RightEdge, type TreeHead, type VerifierKey } from '#domain/merkle';
import { entryOf } from '#domain/custody';
import type { Database } from '#server/database';
import { findChainFaults } from './fsck-chains.js';
import { findEventFaults, readRecord } from './fsck-events.js';
import type { LogStore } from './log-store.js';
import { nodeSha256 } from './log-store.js';

/** What can be wrong with the record. */
export type FsckPart =
  /** Salt or body of an event, or a column beside them, is not what was committed to. */
  | 'event'
  /** The database's list of entries. */
  | 'entry'
  /** The store: see `LogFault` of the domain. */
  | 'bundle'
  | 'tile'
  | 'entries'
  | 'root'
  /** A published checkpoint: its signature, its name, or its root. */
  | 'checkpoint'
  /** The committed size and root. */
  | 'state'
  /** An event left out, moved or replaced within a case or an exhibit, or one that is in no log. */
  | 'chain';

export interface FsckFault {
  readonly part: FsckPart;
  /** Index of the first entry that it touches; for a checkpoint its size; null for an event that never got an index. */
  readonly index: number | null;
  readonly detail: string;
}

export interface FsckReport {
  readonly ok: boolean;
  /** Entries that were checked. */
  readonly size: number;
  /** Of them, those whose salt and body were destroyed under law: only their commitment could be checked. */
  readonly erased: number;
  /** The first ones, by index; more than MAX_FAULTS are not told. */
  readonly faults: readonly FsckFault[];
}

export interface FsckParts {
  /** Under a role that sees all, such as the worker's. */
  readonly database: Database;
  readonly store: LogStore;
  readonly keys: readonly VerifierKey[];
}

export const MAX_FAULTS = 1000;
