/** Time and chance, passed in. */
export interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Resolves after that many milliseconds; rejects when `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

/** How long a call is tried again. */
export interface Patience {
  /** From the first failure, in seconds; 0 tries once. */
  readonly seconds: number;
}

/** Of a transfer that is under way: it outlasts a restart of the server. */
export const TRANSFER_PATIENCE: Patience = { seconds: 180 };

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 8_000;

/** What one attempt came to. */
export type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** Worth another try; `afterSeconds` is what the server asked to wait, if it did. */
  | { readonly kind: 'again'; readonly error: unknown; readonly afterSeconds: number | null };

/**
 * Tries until it is done or patience ends, waiting longer each time, the second half of each step at random so that many
 * clients do not come back at once. A server's Retry-After is honoured as a minimum, as far as patience goes.
 *
 * @throws the last attempt's error when patience ends; what `attempt` throws itself is thrown at once
 */
export async function retry<T>(
  attempt: (count: number) => Promise<Attempt<T>>,
  patience: Patience,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  let failedSince: number | null = null;
  for (let count = 0; ; count++) {
    signal?.throwIfAborted();
    const outcome = await attempt(count);
    if (outcome.kind === 'done') return outcome.value;
    failedSince ??= clock.now();
    const remaining = failedSince + patience.seconds * 1000 - clock.now();
    const step = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** count);
    const wait = Math.max((outcome.afterSeconds ?? 0) * 1000, step / 2 + (clock.random() * step) / 2);
    if (wait > remaining) throw outcome.error;
    await clock.sleep(wait, signal);
  }
}

/** Seconds of a Retry-After field (RFC 9110 §10.2.3), of its first form; null when absent or not understood. */
export function retryAfterSeconds(field: string | null): number | null {
  return field !== null && /^\d{1,5}$/.test(field) ? Number(field) : null;
}

/** The platform's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  random: () => Math.random(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, milliseconds);
      signal?.addEventListener('abort', stop, { once: true });
    }),
};
