import { describe, expect, it } from '@jest/globals';
import { secondsLeft } from './sign-in-life.js';

const signedInAt = 1_800_000_000;
const after = (seconds: number) => secondsLeft(signedInAt, new Date((signedInAt + seconds) * 1000));

describe('a sign-in', () => {
  it('that is not used again ends after a quarter of an hour', () => {
    expect([after(0), after(3_600)]).toEqual([900, 900]);
    expect(secondsLeft(undefined, new Date())).toBe(900);
  });

  it('ends twelve hours after the password, however it is used', () => {
    expect(after(12 * 3_600 - 60)).toBe(60);
    expect([after(12 * 3_600), after(13 * 3_600)]).toEqual([1, 1]);
  });
});
