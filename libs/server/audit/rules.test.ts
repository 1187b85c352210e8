import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ReviewRule } from '#domain/contract';
import { type CustodyEvent, EVENT_KINDS, type EventKind } from '#domain/custody';
import { type ReviewContext, REVIEWED_KINDS, reviewsRaisedBy } from './rules.js';

const quiet: ReviewContext = {
  counterpartState: null,
  sharedWithStateBefore: true,
  retrievalsInTheHour: 1,
  actorIsAdministrator: false,
  ownCase: true,
  officeHours: [5, 22],
};

function event(kind: EventKind, at = '2026-11-24T12:00:00.000Z'): CustodyEvent {
  return { kind, at, reason: 'because' } as CustodyEvent;
}

describe('reviewsRaisedBy', () => {
  it.each<[string, CustodyEvent, Partial<ReviewContext>, ReviewRule[]]>([
    [
      'a first share with a state',
      event('grant-proposed'),
      { counterpartState: 'GR', sharedWithStateBefore: false },
      ['first-share-to-state'],
    ],
    ['a second share with a state', event('grant-proposed'), { counterpartState: 'GR' }, []],
    ['the tenth retrieval in an hour', event('retrieval-authorised'), { retrievalsInTheHour: 10 }, ['bulk-fetch']],
    ['the ninth retrieval in an hour', event('retrieval-authorised'), { retrievalsInTheHour: 9 }, []],
    ['a refused access', event('access-refused'), {}, ['refused-access']],
    ['a quarantine', event('exhibit-quarantined'), {}, ['failed-check']],
    ['a failed check', event('check-failed'), {}, ['failed-check']],
    ['access at 04:59', event('retrieval-authorised', '2026-11-24T04:59:59.999Z'), {}, ['out-of-hours']],
    ['access at 05:00', event('retrieval-authorised', '2026-11-24T05:00:00.000Z'), {}, []],
    ['access at 22:00', event('package-exported', '2026-11-24T22:00:00.000Z'), {}, ['out-of-hours']],
    [
      'night hours that span midnight',
      event('retrieval-authorised', '2026-11-24T23:00:00.000Z'),
      { officeHours: [20, 6] },
      [],
    ],
    [
      'an administrator in an own case',
      event('retrieval-authorised'),
      { actorIsAdministrator: true },
      ['own-case-administrator'],
    ],
    [
      "an administrator in another agency's case",
      event('retrieval-authorised'),
      { actorIsAdministrator: true, ownCase: false },
      [],
    ],
    ['a registration', event('exhibit-registered'), { actorIsAdministrator: true }, []],
  ])('%s', (_name, subject, context, rules) => {
    expect(reviewsRaisedBy(subject, { ...quiet, ...context }).map(({ rule }) => rule)).toEqual(rules);
  });

  it('raises nothing for a kind that is not listed as reviewed', () => {
    const contexts = fc.record({
      counterpartState: fc.constantFrom(null, 'GR'),
      sharedWithStateBefore: fc.boolean(),
      retrievalsInTheHour: fc.nat(50),
      actorIsAdministrator: fc.boolean(),
      ownCase: fc.boolean(),
      officeHours: fc.constant([0, 1] as const),
    });
    fc.assert(
      fc.property(fc.constantFrom(...EVENT_KINDS), contexts, (kind, context) => {
        expect(reviewsRaisedBy(event(kind), context).length > 0 && !REVIEWED_KINDS.includes(kind)).toBe(false);
      }),
    );
  });
});
