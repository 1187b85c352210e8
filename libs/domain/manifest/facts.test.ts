import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FactsProblem, OfficerProfile } from './index.js';
import { FACTS_FIELDS, canonicalJson, checkFacts, exampleFacts, parseStrictJson } from './index.js';

type Node = Record<string, unknown>;

/** Facts in order, but for one answer. `undefined` takes it away. */
function factsWith(path: string, answer: unknown): Node {
  const facts = parseStrictJson(canonicalJson(exampleFacts('all'))) as Node;
  const members = path.split('.');
  const last = members.pop() ?? '';
  const group = members.reduce<Node>((node, member) => node[member] as Node, facts);
  if (answer === undefined) Reflect.deleteProperty(group, last);
  else group[last] = answer;
  return facts;
}

function problemsOf(facts: unknown, profile?: OfficerProfile): FactsProblem[] {
  const result = checkFacts(facts, profile);
  return result.ok ? [] : [...result.problems];
}

const required = FACTS_FIELDS.filter(({ isRequired }) => isRequired).map(({ path }) => path);
const optional = FACTS_FIELDS.filter(({ isRequired }) => !isRequired).map(({ path }) => path);

describe('the facts', () => {
  it('are in order with every answer, and with those alone that are required', () => {
    for (const fields of ['all', 'required'] as const) {
      const result = checkFacts(exampleFacts(fields));
      expect(result).toEqual({ ok: true, facts: exampleFacts(fields) });
    }
  });

  it.each(required)('name %s when it is missing, in words and alone', (path) => {
    expect(problemsOf(factsWith(path, undefined))).toEqual([
      { path, missing: true, message: expect.stringMatching(/^(the|why) .* is missing$/) },
    ]);
  });

  it.each(optional)('do not ask for %s', (path) => {
    expect(problemsOf(factsWith(path, undefined))).toEqual([]);
  });

  it('name everything that is missing from nothing', () => {
    const problems = problemsOf({});
    expect(problems.map(({ path }) => path)).toEqual(required);
    expect(problems.every(({ missing }) => missing)).toBe(true);
    expect(problems.find(({ path }) => path === 'seizure.place')?.message).toBe(
      'the place of seizure ("seizure.place") is missing',
    );
  });

  it('take the officer and the agency from the profile, unless they are given', () => {
    const facts = factsWith('seizure.officer', undefined);
    const profile = { officerName: 'N. Farouk', agencyName: 'Customs' };
    expect(checkFacts(facts, profile)).toMatchObject({
      ok: true,
      facts: { seizure: { officer: 'N. Farouk', agency: 'Border Investigation Department' } },
    });
    expect(problemsOf({}, profile)).toHaveLength(required.length - 2);
  });

  it.each([
    'acquisition.toolVersion',
    'acquisition.startedAt',
    'acquisition.endedAt',
    'seizure.failedUnlockAttempts',
    'source.power',
    'source.lock',
    'source.network',
    'legalBasis.dataCategory',
  ])('take "unknown" as %s', (path) => {
    expect(problemsOf(factsWith(path, 'unknown'))).toEqual([]);
  });

  it.each<[string, unknown, RegExp]>([
    ['exhibitNumber', '', /the exhibit number .* must not be empty/],
    ['exhibitNumber', '   ', /must not be empty/],
    ['exhibitNumber', 7, /must be text/],
    ['exhibitNumber', 'a'.repeat(101), /at most 100/],
    ['caseNumber', 'a\nb', /one line/],
    ['caseNumber', 'a\u0000b', /control characters/],
    ['caseNumber', '\u001b[31m', /control characters/],
    ['caseNumber', 'a\ud800', /control characters/],
    ['source', 'a phone', /"source" must have another form/],
    ['source.imei', '350000000000006', /the IMEI numbers .* must have another form, such as \["35/],
    ['source.power', 'maybe', /must be one of "on", "off", "unknown"/],
    ['source.colr', 'black', /^"source.colr" is not a field of the facts$/],
    ['seizure.at', '2026-11-20T14:03', /with the offset of its zone/],
    ['seizure.at', '2026-11-20 14:03+02:00', /with the offset of its zone/],
    ['seizure.at', '2026-02-30T14:03+02:00', /with the offset of its zone/],
    ['seizure.at', '2026-11-20T24:00+02:00', /with the offset of its zone/],
    ['seizure.at', '2026-11-20T14:03+15:00', /with the offset of its zone/],
    ['seizure.at', 'unknown', /with the offset of its zone/],
    ['seizure.coordinates', { latitude: 91, longitude: 0 }, /the coordinates of the place/],
    ['seizure.accessCode', { given: 'perhaps', compelled: 'no' }, /"yes", "no" or "unknown"/],
    ['seizure.failedUnlockAttempts', -1, /whole number or "unknown"/],
    ['acquisition.endedAt', '2026-11-20T16:09+02:00', /must not be before the start/],
    ['acquisition.endedAt', '2026-11-20T16:10+03:00', /must not be before the start/],
    ['flags', ['minor', 'minor'], /twice/],
    ['flags', ['rich'], /must be one of/],
    ['retention.reviewAt', '2027-02-29', /must be a day/],
    ['remarks', 'a\u0007', /control characters/],
  ])('refuse as %s: %j', (path, answer, message) => {
    const problems = problemsOf(factsWith(path, answer));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ missing: false, message: expect.stringMatching(message) });
  });

  it.each([[null], [[]], ['facts'], [7]])('refuse %j as a whole', (value) => {
    expect(problemsOf(value)).toEqual([{ path: '', missing: false, message: 'the facts must be one JSON object' }]);
  });

  it('take names in any script and lines where prose is asked', () => {
    expect(problemsOf(factsWith('seizure.officer', '\u200fسالم الحداد\u200e'))).toEqual([]);
    expect(problemsOf(factsWith('legalBasis.necessity', 'First.\n\tSecond.'))).toEqual([]);
    for (const at of ['2026-11-20T14:03Z', '2026-11-20T14:03:59.5+05:45'])
      expect(problemsOf(factsWith('seizure.at', at))).toEqual([]);
  });

  it('survive any JSON, and pass only what stays as it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...required, ...optional), fc.jsonValue(), (path, answer) => {
        const facts = factsWith(path, answer);
        const result = checkFacts(facts);
        if (result.ok) expect(result.facts).toEqual(facts);
        else expect(result.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
