import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from './store-error.js';

const ATTEMPTS = 4;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2000;

/**
 * Repeats what may be repeated while the store is `unreachable`, four times at most, after a random part of a doubling
 * delay, so that many clients of one store do not come back together.
 */
export async function withRetry<T>(action: () => Promise<T>, random: () => number = Math.random): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      const mayPass = error instanceof StoreError && error.code === 'unreachable';
      if (!mayPass || attempt === ATTEMPTS) throw error;
      await pause(random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt));
    }
  }
}
