import { describe, expect, it } from '@jest/globals';
import { exampleForm } from './example-forms.js';
import { RequestForm } from './form.js';
import { type Instrument, INSTRUMENTS } from './instruments.js';

/** Where a form is at fault, each place once; none when it is as it should be. */
function faultsOf(form: unknown): string[] {
  const parsed = RequestForm.safeParse(form);
  return parsed.success ? [] : [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))];
}
const changed = (instrument: Instrument, changes: Record<string, unknown>) => ({
  ...exampleForm(instrument),
  ...changes,
});
const offence = { description: 'Smuggling', provision: 'Penal Code 214' };
const police = { ...exampleForm('eio').issuing, kind: 'other-competent-authority' };
const judge = { ...exampleForm('eio').issuing, kind: 'judge' };

describe('forms', () => {
  it.each(INSTRUMENTS)('the example of %s is one', (instrument) => {
    expect(faultsOf(exampleForm(instrument))).toEqual([]);
  });

  it.each(INSTRUMENTS)('%s takes no field less and none more', (instrument) => {
    const example = exampleForm(instrument) as unknown as Record<string, unknown>;
    const mayLack = ['requirements', 'clause', 'conditions', 'from', 'until', 'identifier'];
    for (const name of Object.keys(example).filter((one) => one !== 'instrument' && !mayLack.includes(one))) {
      const { [name]: _, ...rest } = example;
      expect([name, faultsOf(rest)]).toEqual([name, expect.arrayContaining([name])]);
    }
    expect(faultsOf({ ...example, priority: 1 })).toEqual(['']);
  });

  it.each<[string, Instrument, Record<string, unknown>, string[]]>([
    // Every form.
    ['urgency without a reason', 'mla', { urgency: 'urgent' }, ['urgencyReason']],
    ['an emergency without a reason', 'epo', { urgency: 'emergency' }, ['urgencyReason']],
    ['a date without a reason', 'jit', { executeBy: '2026-12-24T00:00:00.000Z' }, ['urgencyReason']],
    [
      'a date that there is not',
      'mla',
      { executeBy: '2027-02-29T00:00:00.000Z', urgencyReason: 'Trial' },
      ['executeBy'],
    ],
    ['a local time', 'mla', { executeBy: '2027-02-20T00:00:00+01:00', urgencyReason: 'Trial' }, ['executeBy']],
    ['a language that is none', 'mla', { language: 'English' }, ['language']],
    ['a reference of two lines', 'mla', { reference: 'a\nb' }, ['reference']],
    ['a reference of blanks', 'mla', { reference: ' \u00a0 ' }, ['reference']],
    ['a reference turned round', 'mla', { reference: 'x\u202ey' }, ['reference']],
    ['an escape sequence', 'mla', { facts: 'x\u001b[2Jy' }, ['facts']],
    ['a lone surrogate', 'mla', { facts: 'x\ud800' }, ['facts']],
    ['text turned round', 'mla', { facts: 'x\u202ey' }, ['facts']],
    ['facts too long', 'mla', { facts: 'x'.repeat(20_001) }, ['facts']],
    ['a hundred and one persons', 'mla', { persons: Array(101).fill({ kind: 'legal', name: 'X' }) }, ['persons']],
    ['a person of no kind', 'mla', { persons: [{ name: 'X' }] }, ['persons.0.kind']],
    [
      'a person without a name',
      'mla',
      { persons: [{ kind: 'natural', position: 'witness' }] },
      ['persons.0.familyName'],
    ],
    [
      'a birthday that there is not',
      'mla',
      { persons: [{ kind: 'natural', familyName: 'X', position: 'suspect', dateOfBirth: '2001-02-29' }] },
      ['persons.0.dateOfBirth'],
    ],
    [
      'a listed offence that carries two years',
      'mla',
      { offences: [{ ...offence, listed: 'fraud', maximumYears: 2 }] },
      ['offences.0.maximumYears'],
    ],
    ['no evidence', 'jit', { evidence: [] }, ['evidence']],
    // European Investigation Order.
    ['an issuer whom nobody validated', 'eio', { issuing: police }, ['validating']],
    ['an issuer validated by another such', 'eio', { issuing: police, validating: police }, ['validating']],
    ['urgency without its ground', 'eio', { urgency: 'urgent', urgencyReason: 'Trial' }, ['urgencyGround']],
    ['a date without its reason', 'eio', { executeBy: '2026-12-24T00:00:00.000Z' }, ['urgencyReason']],
    ['no measure', 'eio', { measures: [] }, ['measures']],
    [
      'an interception without section H7',
      'eio',
      { measures: [{ measure: 'interception', description: 'Calls of S-1' }] },
      ['requirements'],
    ],
    [
      'an interception without an end',
      'eio',
      {
        measures: [{ measure: 'interception', description: 'Calls of S-1' }],
        requirements: [{ section: 'H7', details: 'Calls', target: 'S-1' }],
      },
      ['requirements'],
    ],
    // European Production Order.
    ['traffic data ordered by a prosecutor', 'epo', { issuing: exampleForm('eio').issuing }, ['validating']],
    ['subscriber data ordered by the police', 'epo', { issuing: police, dataCategory: 'subscriber' }, ['validating']],
    ['nobody whose data they are', 'epo', { identifier: undefined }, ['user']],
    [
      'content for a petty offence',
      'epo',
      { dataCategory: 'content', offences: [{ ...offence, maximumYears: 2 }] },
      ['offences'],
    ],
    ['a range that ends before it begins', 'epo', { from: '2026-11-04T00:00:00.000Z' }, ['until']],
    ['a category that there is not', 'epo', { dataCategory: 'location' }, ['dataCategory']],
    // Team.
    ['a team that is no id', 'jit', { teamId: 'Operation Dune' }, ['teamId']],
    ['a capacity that there is not', 'jit', { capacity: 'observer' }, ['capacity']],
    // Spontaneous information.
    ['silence on whether it is confidential', 'spontaneous', { confidential: undefined }, ['confidential']],
  ])('refuses %s', (_name, instrument, changes, places) => {
    expect(faultsOf(changed(instrument, changes))).toEqual(places);
  });

  it.each<[string, Instrument, Record<string, unknown>]>([
    ['an issuer whom a judge validated', 'eio', { issuing: police, validating: judge }],
    [
      'an urgent order with ground and reason',
      'eio',
      { urgency: 'urgent', urgencyReason: 'Trial', urgencyGround: 'imminent-trial' },
    ],
    [
      'subscriber data ordered by a prosecutor',
      'epo',
      { issuing: exampleForm('eio').issuing, dataCategory: 'subscriber' },
    ],
    ['traffic data that a judge validated', 'epo', { issuing: exampleForm('eio').issuing, validating: judge }],
    ['an Arabic text in paragraphs', 'mla', { facts: 'عُثر على قارب.\n\nكان على متنه ٦١ شخصًا.' }],
    ['nobody known yet', 'mla', { persons: [] }],
    [
      'a birthday on a leap day',
      'mla',
      { persons: [{ kind: 'natural', familyName: 'X', position: 'suspect', dateOfBirth: '2004-02-29' }] },
    ],
  ])('takes %s', (_name, instrument, changes) => {
    expect(faultsOf(changed(instrument, changes))).toEqual([]);
  });
});
