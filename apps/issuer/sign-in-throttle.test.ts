import { describe, expect, it } from '@jest/globals';
import { SignInThrottle } from './sign-in-throttle.js';

const second = 1_000;

describe('the throttle of sign-ins', () => {
  it('lets five go, then makes each wait twice as long as the one before, a minute at most', () => {
    const throttle = new SignInThrottle();
    let now = 0;
    for (let attempt = 1; attempt <= 5; attempt += 1) expect(throttle.begin('a@x', now)).toBe(0);
    const waits = [];
    for (let attempt = 6; attempt <= 14; attempt += 1) {
      const wait = throttle.begin('a@x', now);
      waits.push(wait);
      expect(throttle.begin('a@x', now + wait * second - 1)).toBe(1);
      now += wait * second;
      expect(throttle.begin('a@x', now)).toBe(0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('counts attempts that are still under way, so that many at once gain nothing', () => {
    const throttle = new SignInThrottle();
    const allowed = Array.from({ length: 100 }, () => throttle.begin('a@x', 0)).filter((wait) => wait === 0);
    expect(allowed).toHaveLength(5);
  });

  it('is about one account, however its email is written', () => {
    const throttle = new SignInThrottle();
    for (let attempt = 1; attempt <= 5; attempt += 1) throttle.begin('A@x ', 0);
    expect(throttle.begin('a@X', 0)).toBeGreaterThan(0);
    expect(throttle.begin('b@x', 0)).toBe(0);
  });

  it('forgets after the right password, and after a quarter of an hour', () => {
    const throttle = new SignInThrottle();
    for (const forget of [() => throttle.succeeded('a@x'), () => undefined]) {
      for (let attempt = 1; attempt <= 5; attempt += 1) throttle.begin('a@x', 0);
      expect(throttle.begin('a@x', 0)).toBeGreaterThan(0);
      forget();
    }
    expect(throttle.begin('a@x', 16 * 60 * second)).toBe(0);
    expect(throttle.begin('a@x', 16 * 60 * second)).toBe(0);
  });

  it('remembers ten thousand accounts, no more', () => {
    const throttle = new SignInThrottle();
    for (let attempt = 1; attempt <= 5; attempt += 1) throttle.begin('first@x', 0);
    for (let other = 1; other < 10_000; other += 1) throttle.begin(`${other}@x`, 0);
    expect(throttle.begin('first@x', 0)).toBeGreaterThan(0);
    throttle.begin('one more@x', 0);
    expect(throttle.begin('first@x', 0)).toBe(0);
  });
});
