import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AgencyId, AGREEMENT_TRANSITIONS, mayBecome, type Stance, STANCE_TRANSITIONS } from '#domain/evidence';
import { type AgreementStanding, agreementStateAt } from './agreement-state.js';

const [ONE, TWO, THREE] = ['one', 'two', 'three'] as AgencyId[] as [AgencyId, AgencyId, AgencyId];
const NOW = new Date('2026-11-24T12:00:00.000Z');
const signed: AgreementStanding = {
  parties: [ONE, TWO],
  signedBy: [ONE, TWO],
  validFrom: new Date('2026-11-01T00:00:00.000Z'),
  validUntil: new Date('2026-12-01T00:00:00.000Z'),
  ...{ suspended: false, suspendedBy: [], endedFor: [] },
};
const three = { parties: [ONE, TWO, THREE], signedBy: [ONE, TWO, THREE] };

describe('the state of an agreement', () => {
  it.each<[string, Partial<AgreementStanding>, string]>([
    ['nobody has signed', { signedBy: [] }, 'draft'],
    ['some have signed', { signedBy: [TWO] }, 'signing'],
    ['all have signed, in its time', {}, 'in-force'],
    ['all have signed, and its time begins now', { validFrom: NOW }, 'in-force'],
    ['all have signed, before its time', { validFrom: new Date(NOW.getTime() + 1) }, 'signing'],
    ['its time is over now', { validUntil: NOW }, 'ended'],
    ['its time is over, and nobody ever signed', { validUntil: NOW, signedBy: [] }, 'ended'],
    ['it is suspended as a whole', { suspended: true }, 'suspended'],
    ['one of two suspended its part', { suspendedBy: [ONE] }, 'suspended'],
    ['one of two ended its part', { endedFor: [ONE] }, 'ended'],
    ['one of three suspended its part', { ...three, suspendedBy: [ONE] }, 'in-force'],
    ['two of three suspended theirs', { ...three, suspendedBy: [ONE, TWO] }, 'suspended'],
    ['one of three ended its part', { ...three, endedFor: [ONE] }, 'in-force'],
    ['one of three ended its part, another suspended', { ...three, endedFor: [ONE], suspendedBy: [TWO] }, 'suspended'],
    ['two of three ended theirs', { ...three, endedFor: [ONE, TWO] }, 'ended'],
  ])('when %s', (_name, changes, state) => {
    expect(agreementStateAt({ ...signed, ...changes }, NOW)).toBe(state);
  });

  it('moves as the life cycle allows, whatever its parties do and however time passes', () => {
    const acts = fc.array(
      fc.record({
        party: fc.constantFrom(ONE, TWO, THREE),
        to: fc.constantFrom<'sign' | Stance>('sign', 'standing', 'suspended', 'ended'),
        hours: fc.integer({ min: 0, max: 40 }),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(acts, (steps) => {
        const stances = new Map<AgencyId, Stance>();
        const signedBy = new Set<AgencyId>();
        let now = NOW.getTime();
        const whose = (stance: Stance) => [...stances].filter(([, one]) => one === stance).map(([party]) => party);
        const state = () =>
          agreementStateAt(
            {
              ...{ ...signed, ...three, signedBy: [...signedBy] },
              ...{
                validFrom: new Date(NOW.getTime() + 3_600_000),
                validUntil: new Date(NOW.getTime() + 200 * 3_600_000),
              },
              ...{ suspendedBy: whose('suspended'), endedFor: whose('ended') },
            },
            new Date(now),
          );
        let before = state();
        const check = () => {
          const after = state();
          if (after !== before)
            expect([before, after, mayBecome(AGREEMENT_TRANSITIONS, before, after)]).toEqual([before, after, true]);
          before = after;
        };
        for (const { party, to, hours } of steps) {
          now += hours * 3_600_000;
          check();
          const stance = stances.get(party) ?? 'standing';
          if (to === 'sign') signedBy.add(party);
          else if (signedBy.size === 3 && mayBecome(STANCE_TRANSITIONS, stance, to)) stances.set(party, to);
          check();
        }
      }),
    );
  });
});
