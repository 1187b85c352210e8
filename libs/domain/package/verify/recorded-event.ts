import type { ChainedEvent } from '#domain/custody';
import type { ErasureNote } from '../record-line.js';

interface Logged {
  readonly index: number;
  /** What the log has of it, 32 bytes. */
  readonly commitment: Uint8Array;
  /** The hash of its leaf in the log. */
  readonly leafHash: Uint8Array;
}

/** An event of the record, with all that it says. */
export interface KeptEvent extends ChainedEvent, Logged {}

/** An event of the record whose salt and body are destroyed. */
export interface ErasedEvent extends Logged {
  readonly erased: ErasureNote;
}

export type RecordedEvent = KeptEvent | ErasedEvent;

export const isKept = (event: RecordedEvent): event is KeptEvent => 'event' in event;
