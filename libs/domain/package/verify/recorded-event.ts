import type { ChainedEvent } from '#domain/custody';

/** An event of the record with the hash of its leaf in the log. */
export interface RecordedEvent extends ChainedEvent {
  readonly leafHash: Uint8Array;
}
