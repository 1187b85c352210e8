import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Deadlines, deadlinesOf, type Milestone, MILESTONES, type Reckoning } from './deadlines.js';
import { type Instrument, INSTRUMENTS, URGENCIES, type Urgency } from './instruments.js';

const at = (text: string) => new Date(text);
const SUBMITTED = at('2026-11-24T12:00:00.000Z');
const dueOf = (reckoning: Partial<Reckoning> & Pick<Reckoning, 'instrument'>): Record<Milestone, string> => {
  const deadlines = deadlinesOf({ urgency: 'routine', submittedAt: SUBMITTED, ...reckoning });
  return {
    acknowledgement: deadlines.acknowledgement.at.toISOString(),
    decision: deadlines.decision.at.toISOString(),
    execution: deadlines.execution.at.toISOString(),
  };
};

describe('what the law sets', () => {
  it.each<[Instrument, Urgency, Milestone, number, string]>([
    ['eio', 'routine', 'acknowledgement', 7 * 24, 'Directive 2014/41/EU Art. 16(1)'],
    ['eio', 'urgent', 'decision', 30 * 24, 'Directive 2014/41/EU Art. 12(3)'],
    ['eio', 'routine', 'execution', (30 + 90) * 24, 'Directive 2014/41/EU Art. 12(4)'],
    ['epo', 'routine', 'decision', 10 * 24, 'Regulation (EU) 2023/1543 Art. 12(1)'],
    ['epo', 'routine', 'execution', 10 * 24, 'Regulation (EU) 2023/1543 Art. 10(2)-(3)'],
    ['epo', 'emergency', 'execution', 8, 'Regulation (EU) 2023/1543 Art. 10(4)'],
  ])('%s, %s: %s within %i hours', (instrument, urgency, milestone, hours, source) => {
    const deadline = deadlinesOf({ instrument, urgency, submittedAt: SUBMITTED })[milestone];
    expect(deadline).toMatchObject({ source, binding: true });
    expect((deadline.at.getTime() - SUBMITTED.getTime()) / 3_600_000).toBe(hours);
  });

  it('nothing binds where the instrument says as soon as possible, but all of it is watched', () => {
    for (const instrument of ['mla', 'jit', 'spontaneous'] as const)
      for (const deadline of Object.values(deadlinesOf({ instrument, urgency: 'routine', submittedAt: SUBMITTED })))
        expect(deadline).toMatchObject({ binding: false, at: expect.any(Date) });
  });
});

describe('days', () => {
  it.each([
    ['over a leap day', '2028-02-24T12:00:00.000Z', '2028-03-02T12:00:00.000Z'],
    ['over the end of February of another year', '2027-02-24T12:00:00.000Z', '2027-03-03T12:00:00.000Z'],
    ['of a century that has no leap day', '2100-02-24T12:00:00.000Z', '2100-03-03T12:00:00.000Z'],
    ['over the night that clocks in Rome are put forward', '2027-03-27T23:30:00.000Z', '2027-04-03T23:30:00.000Z'],
    ['over the night that they are put back', '2026-10-24T00:30:00.000Z', '2026-10-31T00:30:00.000Z'],
    ['over the end of a year', '2026-12-28T23:59:59.999Z', '2027-01-04T23:59:59.999Z'],
  ])('%s', (_name, submitted, acknowledged) => {
    expect(dueOf({ instrument: 'eio', submittedAt: at(submitted) }).acknowledgement).toBe(acknowledged);
  });

  it('are the same whatever the zone of the machine', () => {
    const zone = process.env.TZ;
    try {
      const seen = ['UTC', 'Europe/Rome', 'Africa/Tripoli', 'Pacific/Kiritimati'].map((name) => {
        process.env.TZ = name;
        return dueOf({ instrument: 'eio', submittedAt: at('2027-03-27T23:30:00.000Z') });
      });
      expect(new Set(seen.map((one) => JSON.stringify(one))).size).toBe(1);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });
});

describe('what moves', () => {
  it('execution is reckoned from the decision once there is one', () => {
    const decidedAt = at('2026-12-01T00:00:00.000Z');
    expect(dueOf({ instrument: 'eio', decidedAt }).execution).toBe('2027-03-01T00:00:00.000Z');
    expect(dueOf({ instrument: 'epo', decidedAt }).execution).toBe('2026-12-04T12:00:00.000Z');
  });

  it('a postponement moves decision and execution, and nothing else', () => {
    const postponedUntil = at('2027-06-01T00:00:00.000Z');
    const moved = dueOf({ instrument: 'eio', postponedUntil, executeBy: at('2026-12-24T00:00:00.000Z') });
    expect(moved).toEqual({
      acknowledgement: dueOf({ instrument: 'eio' }).acknowledgement,
      decision: '2027-06-01T00:00:00.000Z',
      execution: '2027-08-30T00:00:00.000Z',
    });
  });

  it('a date asked for shortens execution and never lengthens it', () => {
    const sooner = at('2026-12-10T00:00:00.000Z');
    expect(dueOf({ instrument: 'mla', executeBy: sooner }).execution).toBe(sooner.toISOString());
    const later = at('2036-12-10T00:00:00.000Z');
    expect(dueOf({ instrument: 'mla', executeBy: later })).toEqual(dueOf({ instrument: 'mla' }));
  });
});

const instants = fc.date({
  min: at('2000-01-01T00:00:00.000Z'),
  max: at('2100-12-31T00:00:00.000Z'),
  noInvalidDate: true,
});
const reckonings: fc.Arbitrary<Reckoning> = fc.record({
  instrument: fc.constantFrom(...INSTRUMENTS),
  urgency: fc.constantFrom(...URGENCIES),
  submittedAt: instants,
});

describe('for every request', () => {
  const holds = (law: (deadlines: Deadlines, reckoning: Reckoning) => void) =>
    fc.assert(fc.property(reckonings, (reckoning) => law(deadlinesOf(reckoning), reckoning)));

  it('all is due after its submission, with a source, and reminded of before', () => {
    holds((deadlines, { submittedAt }) => {
      for (const milestone of MILESTONES) {
        const { at: due, remindAt, source } = deadlines[milestone];
        expect(due > remindAt && remindAt > submittedAt).toBe(true);
        expect(due.getTime() - remindAt.getTime()).toBeLessThanOrEqual(3 * 86_400_000);
        expect(source).toMatch(/Art\. \d/);
      }
    });
  });

  it('an answer is never due before its acknowledgement, nor the evidence before the answer', () => {
    holds(({ acknowledgement, decision, execution }) => {
      expect(acknowledgement.at <= decision.at && decision.at <= execution.at).toBe(true);
    });
  });

  it('more urgency never gives more time', () => {
    fc.assert(
      fc.property(reckonings, (reckoning) => {
        const [routine, urgent, emergency] = URGENCIES.map((urgency) => deadlinesOf({ ...reckoning, urgency }));
        for (const milestone of MILESTONES) {
          const times = [emergency, urgent, routine].map((deadlines) => deadlines?.[milestone].at.getTime() ?? NaN);
          expect([...times].sort((one, other) => one - other)).toEqual(times);
        }
      }),
    );
  });
});
