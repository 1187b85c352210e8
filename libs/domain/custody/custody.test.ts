import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ChainedEvent, findExhibitChainFault, toBase64 } from './chain.js';
import { commitmentOf, entryOf } from './commitment.js';
import { CustodyEvent } from './event.js';

const CASE = '11111111-1111-4111-8111-111111111111';
const EXHIBIT = '22222222-2222-4222-8222-222222222222';
const AGENCY = '33333333-3333-4333-8333-333333333333';

/** A chain of `length` events of one exhibit, each naming the one before. */
function chainOf(length: number): ChainedEvent[] {
  const chain: ChainedEvent[] = [];
  let previous: string | null = null;
  for (let seq = 1; seq <= length; seq += 1) {
    const event = CustodyEvent.parse({
      schema: 'custody-event/v1',
      id: `44444444-4444-4444-8444-${String(seq).padStart(12, '0')}`,
      kind: 'exhibit-registered',
      chain: { kind: 'case', id: CASE },
      exhibitId: EXHIBIT,
      actor: { kind: 'platform', component: 'worker' },
      result: 'done',
      at: '2026-11-24T12:00:00.000Z',
      zone: 'UTC',
      caseSeq: seq,
      prevCaseCommitment: previous,
      exhibitSeq: seq,
      prevExhibitCommitment: previous,
      software: 'amana/test',
    });
    const body = new TextEncoder().encode(JSON.stringify(event));
    const salt = new Uint8Array(32).fill(seq);
    previous = toBase64(commitmentOf(salt, body));
    chain.push({ index: seq * 10, event, body, salt });
  }
  return chain;
}

describe('commitmentOf', () => {
  it('is HMAC-SHA256 of the label and the body under the salt', () => {
    const salt = new Uint8Array(32).fill(7);
    const expected = createHmac('sha256', salt).update('custody-commit/v1\0{}').digest();
    expect(Buffer.from(commitmentOf(salt, new TextEncoder().encode('{}')))).toEqual(expected);
  });

  it.each([0, 31, 33])('refuses a salt of %d bytes', (size) => {
    expect(() => commitmentOf(new Uint8Array(size), new Uint8Array())).toThrow(RangeError);
  });

  it('makes an entry of 48 bytes that begins with its label', () => {
    const entry = entryOf(new Uint8Array(32));
    expect(entry).toHaveLength(48);
    expect(new TextDecoder().decode(entry.slice(0, 16))).toBe('custody-leaf/v1\n');
  });

  it('differs for any two bodies', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 64 }), (one, other) => {
        const salt = new Uint8Array(32);
        expect(toBase64(commitmentOf(salt, one)) === toBase64(commitmentOf(salt, other))).toBe(
          toBase64(one) === toBase64(other),
        );
      }),
    );
  });
});

describe('findExhibitChainFault', () => {
  it('finds none in a whole chain', () => {
    expect(findExhibitChainFault(chainOf(5))).toBeNull();
    expect(findExhibitChainFault([])).toBeNull();
  });

  it('finds the first event left out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(), (length, pick) => {
        const chain = chainOf(length);
        const left = pick % (length - 1);
        const fault = findExhibitChainFault(chain.filter((_, position) => position !== left));
        expect(fault).toMatchObject({ kind: 'gap', index: (left + 2) * 10, expectedSeq: left + 1, foundSeq: left + 2 });
      }),
    );
  });

  it('finds a replaced event by the one after it', () => {
    const chain = chainOf(4);
    const replaced = chain.map((entry, position) => (position === 1 ? { ...entry, salt: new Uint8Array(32) } : entry));
    expect(findExhibitChainFault(replaced)).toEqual({ kind: 'wrong-predecessor', index: 30 });
  });

  it('finds two events that changed places', () => {
    const [first, second, third] = chainOf(3) as [ChainedEvent, ChainedEvent, ChainedEvent];
    expect(findExhibitChainFault([first, third, second])).toMatchObject({ kind: 'gap', index: 30 });
  });
});

describe('CustodyEvent', () => {
  const good = chainOf(1)[0]!.event;

  it.each([
    ['an unknown field', { ...good, extra: 1 }],
    ['an unknown kind', { ...good, kind: 'exhibit-eaten' }],
    ['an instant without milliseconds', { ...good, at: '2026-11-24T12:00:00Z' }],
    ['an instant that does not exist', { ...good, at: '2026-02-30T12:00:00.000Z' }],
    ['a zone that is not UTC', { ...good, zone: 'CET' }],
    ['a sequence of zero', { ...good, caseSeq: 0 }],
    [
      'an actor with a role nobody has',
      { ...good, actor: { kind: 'officer', officerId: AGENCY, agencyId: AGENCY, role: 'king' } },
    ],
    ['an upper-case id', { ...good, id: good.id.toUpperCase().replace('4', 'A') }],
  ])('refuses %s', (_name, value) => {
    expect(CustodyEvent.safeParse(value).success).toBe(false);
  });
});
