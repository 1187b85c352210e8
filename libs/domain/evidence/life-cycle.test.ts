import { describe, expect, it } from '@jest/globals';
import {
  AGREEMENT_TRANSITIONS,
  EXHIBIT_TRANSITIONS,
  GRANT_TRANSITIONS,
  mayBecome,
  REQUEST_TRANSITIONS,
  REVIEW_TRANSITIONS,
  STANCE_TRANSITIONS,
} from './life-cycle.js';

const tables = {
  exhibit: EXHIBIT_TRANSITIONS,
  grant: GRANT_TRANSITIONS,
  review: REVIEW_TRANSITIONS,
  request: REQUEST_TRANSITIONS,
  agreement: AGREEMENT_TRANSITIONS,
  stance: STANCE_TRANSITIONS,
} as const;

/** Every state that can be reached, in any number of steps. */
function reachable(table: Readonly<Record<string, readonly string[]>>, from: string): Set<string> {
  const seen = new Set<string>();
  const ahead = [from];
  for (let state = ahead.pop(); state !== undefined; state = ahead.pop()) {
    for (const next of table[state] ?? []) {
      if (!seen.has(next)) ahead.push(next);
      seen.add(next);
    }
  }
  return seen;
}

describe('life cycles', () => {
  it.each([
    ['exhibit', 'draft'],
    ['agreement', 'draft'],
    ['stance', 'standing'],
    ['grant', 'proposed'],
    ['review', 'queued'],
    ['request', 'draft'],
  ] as const)('every state of an %s is reached from %s', (name, first) => {
    const table = tables[name];
    expect([...reachable(table, first), first].sort()).toEqual(expect.arrayContaining(Object.keys(table).sort()));
  });

  it.each(Object.entries(tables))('the table of an %s names only states it knows', (_name, table) => {
    const known = Object.keys(table);
    for (const nexts of Object.values(table)) for (const next of nexts) expect(known).toContain(next);
  });

  it('never brings a quarantined or disposed exhibit back', () => {
    expect(reachable(EXHIBIT_TRANSITIONS, 'quarantined').size).toBe(0);
    expect(reachable(EXHIBIT_TRANSITIONS, 'disposed').size).toBe(0);
  });

  it('seals only what is stored, and activates only what is accepted', () => {
    const sources = (table: Readonly<Record<string, readonly string[]>>, to: string) =>
      Object.keys(table).filter((from) => table[from]?.includes(to));
    expect(sources(EXHIBIT_TRANSITIONS, 'stored')).toEqual(['uploading']);
    expect(sources(EXHIBIT_TRANSITIONS, 'sealed').sort()).toEqual(['disposal-proposed', 'on-hold', 'stored']);
    expect(sources(GRANT_TRANSITIONS, 'active')).toEqual(['accepted']);
  });

  it('lets a revoked grant become nothing', () => {
    for (const state of Object.keys(GRANT_TRANSITIONS))
      expect(mayBecome(GRANT_TRANSITIONS, 'revoked', state as 'active')).toBe(false);
  });

  it('answers no request that was not acknowledged, and lets nobody take back an answer', () => {
    const sources = (to: string) =>
      Object.entries(REQUEST_TRANSITIONS).flatMap(([from, nexts]) =>
        (nexts as readonly string[]).includes(to) ? [from] : [],
      );
    for (const answer of ['granted', 'partly-granted', 'refused', 'postponed'])
      expect([answer, sources(answer).sort()]).toEqual([answer, ['acknowledged', 'postponed']]);
    expect(sources('fulfilled').sort()).toEqual(['granted', 'partly-granted']);
    const open = ['acknowledged', 'draft', 'granted', 'partly-granted', 'postponed', 'submitted'];
    expect(sources('withdrawn').sort()).toEqual(open);
    for (const end of ['closed', 'withdrawn'] as const) expect(REQUEST_TRANSITIONS[end]).toEqual([]);
  });
});
