import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceProcess } from '../services/child-process.js';

/** A process that must run for as long as the platform does. */
export interface Supervised {
  readonly name: string;
  /** Settles when the one that runs now has ended. */
  readonly ended: () => ServiceProcess['ended'];
  /** Starts another in its place; rejects when it does not come up. */
  readonly restart: () => Promise<void>;
}

export interface Supervision {
  /** Resolves, with why in one line, when a part has ended too often: the others are of no use without it. */
  readonly gaveUp: Promise<string>;
  /** From now on an end is what was wanted. */
  end(): void;
}

/** How often a part may end, and how long it is waited for before it is started again. */
export interface Patience {
  readonly restarts: number;
  /** Ends further back than this are forgotten. */
  readonly withinMs: number;
  /** Doubles with every end that is not forgotten. */
  readonly firstDelayMs: number;
}

const PATIENCE: Patience = { restarts: 5, withinMs: 60_000, firstDelayMs: 200 };

/** Starts again what ends by itself, a bounded number of times. @param say is told of every end */
export function supervise(
  parts: readonly Supervised[],
  say: (line: string) => void,
  patience: Patience = PATIENCE,
): Supervision {
  const over = new AbortController();
  const gaveUp = new Promise<string>((resolve) => {
    for (const part of parts) {
      void keep(part, say, patience, over.signal).then((why) => {
        if (why !== null) resolve(why);
      });
    }
  });
  return {
    gaveUp,
    end: () => {
      over.abort();
    },
  };
}

/** @returns why it is given up, or null when supervision has ended */
async function keep(
  { name, ended, restart }: Supervised,
  say: (line: string) => void,
  { restarts, withinMs, firstDelayMs }: Patience,
  over: AbortSignal,
): Promise<string | null> {
  let ends: number[] = [];
  const isOver = () => over.aborted;
  for (;;) {
    const how = await ended();
    if (isOver()) return null;
    const now = performance.now();
    ends = [...ends.filter((at) => now - at < withinMs), now];
    if (ends.length > restarts)
      return `${name} ended ${ends.length} times within ${withinMs / 1000} s, last with ${how}`;
    say(`${name} ended with ${how}; it is started again`);
    await delay(firstDelayMs * 2 ** (ends.length - 1), undefined, { signal: over }).catch(() => undefined);
    if (isOver()) return null;
    // One that does not come up counts as one more end.
    await restart().catch((error: unknown) => {
      if (!isOver()) say(`${name} did not come up: ${firstLineOf(error)}`);
    });
  }
}

function firstLineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
