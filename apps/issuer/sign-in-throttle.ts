const freeAttempts = 5;
const longestWaitMs = 60_000;
const forgetAfterMs = 15 * 60_000;
const mostRemembered = 10_000;

interface Attempts {
  count: number;
  lastAt: number;
  openAt: number;
}

/**
 * Slows down guesses at one account: five attempts are free, then each waits twice as long as the one before, a minute at
 * most. An attempt counts when it begins, so that many at once gain nothing. Kept in memory: a restart forgets.
 */
export class SignInThrottle {
  private readonly attempts = new Map<string, Attempts>();

  /** Counts an attempt that may go ahead. @returns 0, or the seconds to wait, and then nothing was counted */
  begin(email: string, now: number): number {
    const key = email.trim().toLowerCase();
    let known = this.attempts.get(key);
    if (known && now - known.lastAt > forgetAfterMs) known = undefined;
    if (known && now < known.openAt) return Math.ceil((known.openAt - now) / 1000);
    const count = (known?.count ?? 0) + 1;
    const waitMs = count < freeAttempts ? 0 : Math.min(longestWaitMs, 1000 * 2 ** (count - freeAttempts));
    // Taken out and put in anew, so that the map's first is the one longest untouched.
    this.attempts.delete(key);
    this.attempts.set(key, { count, lastAt: now, openAt: now + waitMs });
    const [oldest] = this.attempts.keys();
    if (this.attempts.size > mostRemembered && oldest !== undefined) this.attempts.delete(oldest);
    return 0;
  }

  /** The right password was given: the count starts anew. */
  succeeded(email: string): void {
    this.attempts.delete(email.trim().toLowerCase());
  }
}
