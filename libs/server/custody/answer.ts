import { AsyncLocalStorage } from 'node:async_hooks';

/** Events that a promise is of, and when it says that they were durable. */
export interface Promised {
  readonly at: Date;
  readonly commitments: readonly Uint8Array[];
}

const current = new AsyncLocalStorage<Answer>();

/**
 * What one answer of the API tells of: the events that were committed for it, each by its commitment. Whoever appends within an answer
 * need not know of it; whoever commits for several at once passes each its own along.
 */
export class Answer {
  private readonly commitments: Uint8Array[] = [];
  private kept: Promised | null = null;

  /** The one that the running code works for; null outside any. */
  static current(): Answer | null {
    return current.getStore() ?? null;
  }

  /** Runs `work`, and all that it goes on to, for this answer. */
  within<Result>(work: () => Result): Result {
    return current.run(this, work);
  }

  /** To be called once the event is durable, and not before. */
  tell(commitment: Uint8Array): void {
    this.commitments.push(commitment);
  }

  /**
   * These are promised just so whenever the same request is answered, the first time and every other: what was kept with the answer for
   * the case that it is asked for again.
   */
  keep(promised: Promised): void {
    this.kept = promised;
  }

  /** What was told so far. */
  get recorded(): readonly Uint8Array[] {
    return this.commitments;
  }

  /** What this answer promises when it is given now. */
  promised(now: Date): readonly Promised[] {
    const kept = new Set(this.kept?.commitments.map(nameOf));
    const fresh = this.commitments.filter((commitment) => !kept.has(nameOf(commitment)));
    return [...(this.kept ? [this.kept] : []), { at: now, commitments: fresh }].filter(
      ({ commitments }) => commitments.length > 0,
    );
  }
}

const nameOf = (commitment: Uint8Array) => Buffer.from(commitment).toString('base64');
