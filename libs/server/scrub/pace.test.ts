import { describe, expect, it } from '@jest/globals';
import { Pace, type PaceClock } from './pace.js';

/** A clock on which sleeping is all that takes time. */
function clockAt(start: number): PaceClock & { ms: number } {
  const clock = {
    ms: start,
    now: () => clock.ms,
    sleep: (ms: number, stop: AbortSignal) => {
      stop.throwIfAborted();
      clock.ms += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

describe('the pace', () => {
  it.each<[name: string, pieces: readonly number[]]>([
    ['small pieces', Array<number>(1000).fill(1000)],
    ['one piece', [1_000_000]],
    ['pieces of many sizes', [1, 900_000, 99_999, 0, 100]],
  ])('lets so many bytes a second through: %s', async (_name, pieces) => {
    const clock = clockAt(5);
    const pace = new Pace(100_000, new AbortController().signal, clock);
    for (const piece of pieces) await pace.took(piece);
    expect((clock.ms - 5) / 1000).toBeCloseTo(10, 2);
  });

  it('saves up no more than a second while nothing is read', async () => {
    const clock = clockAt(0);
    const pace = new Pace(1000, new AbortController().signal, clock);
    clock.ms = 3_600_000;
    await pace.took(1000);
    expect(clock.ms).toBe(3_600_000);
    await pace.took(2000);
    expect(clock.ms).toBe(3_602_000);
  });

  it('stops waiting when it is told to', async () => {
    const stop = new AbortController();
    const waiting = new Pace(1, stop.signal).took(1_000_000);
    stop.abort(new Error('shutting down'));
    await expect(waiting).rejects.toThrow('abort');
    await expect(new Pace(1, stop.signal).took(1)).rejects.toThrow('shutting down');
  });
});
