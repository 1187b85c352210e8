import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<Answer>();

/**
 * What one answer of the API tells of: the events that were committed for it, each by its commitment. Whoever appends within an answer
 * need not know of it; whoever commits for several at once passes each its own along.
 */
export class Answer {
  private readonly commitments: Uint8Array[] = [];

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

  /** What was told so far. */
  get recorded(): readonly Uint8Array[] {
    return this.commitments;
  }
}
