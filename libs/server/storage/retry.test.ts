import { describe, expect, it } from '@jest/globals';
import { withRetry } from './retry.js';
import { StoreError, type StoreErrorCode } from './store-error.js';

function failing(times: number, code: StoreErrorCode): { calls: () => number; action: () => Promise<string> } {
  let calls = 0;
  return {
    calls: () => calls,
    action: () => {
      calls += 1;
      return calls <= times ? Promise.reject(new StoreError(code, 'no')) : Promise.resolve('done');
    },
  };
}
const atOnce = (): number => 0;

describe('trying again', () => {
  it.each([0, 1, 3])('succeeds after %i failures to reach the store', async (times) => {
    const { action, calls } = failing(times, 'unreachable');
    expect(await withRetry(action, atOnce)).toBe('done');
    expect(calls()).toBe(times + 1);
  });

  it('gives up after the fourth', async () => {
    const { action, calls } = failing(9, 'unreachable');
    await expect(withRetry(action, atOnce)).rejects.toMatchObject({ code: 'unreachable' });
    expect(calls()).toBe(4);
  });

  it.each(['not-found', 'locked', 'denied', 'digest-mismatch', 'full'] as const)(
    'does not repeat what is %s',
    async (code) => {
      const { action, calls } = failing(1, code);
      await expect(withRetry(action, atOnce)).rejects.toMatchObject({ code });
      expect(calls()).toBe(1);
    },
  );
});
