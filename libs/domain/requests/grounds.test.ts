import { describe, expect, it } from '@jest/globals';
import { GROUND_NAMES, groundOf, groundsOf, type GroundUse } from './grounds.js';
import { binds, INSTRUMENTS } from './instruments.js';

const USES: readonly GroundUse[] = ['refusal', 'postponement'];
const all = INSTRUMENTS.flatMap((instrument) =>
  USES.flatMap((use) => groundsOf(instrument, use).map((ground) => ({ instrument, use, ...ground }))),
);

describe('grounds', () => {
  it('each have a name, words and an article of the law', () => {
    expect(all.length).toBeGreaterThan(20);
    for (const { name, because, source } of all) {
      expect(GROUND_NAMES).toContain(name);
      expect(because.length).toBeGreaterThan(10);
      expect(source).toMatch(/Art\. \d+/);
    }
  });

  it('are all those of Directive 2014/41/EU Art. 11(1), and those are consulted on that Art. 11(4) names', () => {
    const of = groundsOf('eio', 'refusal').filter(({ source }) => source.includes('Art. 11(1)'));
    expect(of.map(({ source }) => source.at(-2)).join('')).toBe('abcdefgh');
    expect(
      of
        .filter(({ consultFirst }) => consultFirst)
        .map(({ source }) => source.at(-2))
        .join(''),
    ).toBe('abdef');
  });

  it('are all those of UNTOC Art. 18(21) and of Regulation (EU) 2023/1543 Art. 12(1)', () => {
    const letters = (instrument: 'mla' | 'epo', article: string) =>
      groundsOf(instrument, 'refusal')
        .flatMap(({ source }) => (source.includes(article) ? [source.at(-2)] : []))
        .join('');
    expect(letters('mla', 'Art. 18(21)')).toBe('abcd');
    expect(letters('epo', 'Art. 12(1)')).toBe('abcd');
  });

  it('of one instrument or use are none of another', () => {
    expect(groundOf('mla', 'refusal', 'ne-bis-in-idem')).toBeNull();
    expect(groundOf('mla', 'refusal', 'ongoing-proceedings')).toBeNull();
    expect(groundsOf('epo', 'postponement')).toEqual([]);
    for (const name of ['constructor', '__proto__', 'toString', ''])
      expect(groundOf('eio', 'refusal', name)).toBeNull();
  });
});

describe('instruments', () => {
  it.each([
    ['eio', 'IT', 'FR', true],
    ['eio', 'IT', 'IE', false],
    ['eio', 'DK', 'IT', false],
    ['eio', 'IT', 'LY', false],
    ['epo', 'IE', 'IT', true],
    ['epo', 'DK', 'IT', false],
    ['eio', 'XA', 'XB', true],
    ['mla', 'LY', 'IT', true],
    ['jit', 'LY', 'IT', true],
  ] as const)('%s between %s and %s: %s', (instrument, one, other, bound) => {
    expect([binds(instrument, one, other), binds(instrument, other, one)]).toEqual([bound, bound]);
  });
});
