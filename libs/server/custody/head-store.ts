/** A signed head as the store holds it. */
export interface KeptHead {
  /** The signed note's exact bytes. */
  readonly note: Uint8Array;
  /** Counts the heads of this log from 1: what a replacement names to be sure of what it replaces. */
  readonly version: number;
}

/** Another head is held now than the one that was to be replaced: somebody else publishes. */
export class HeadMoved extends Error {
  override readonly name = 'HeadMoved';
}

/**
 * The last head that each log signed, kept apart from database and evidence store, because it is what tells whether those were put back
 * to an older state. Never restore it from a backup: where it is lost, the log is retired.
 */
export interface HeadStore {
  /** What is held now, as every `replace` that returned has left it. Null before the first. @throws StoreError */
  read(origin: string): Promise<KeptHead | null>;

  /**
   * Compare and swap: of all who would replace the same head, one succeeds. Durable on return. A rejection other than HeadMoved tells
   * nothing of the outcome: read again.
   * @param before as it was read; null for the first @throws HeadMoved; StoreError
   */
  replace(origin: string, before: KeptHead | null, note: Uint8Array): Promise<KeptHead>;

  /** Lets go of connections. */
  close(): Promise<void>;
}

/** Heads kept behind the current one, so that a writer who fell behind finds its place taken. */
export const HEADS_KEPT = 16;
