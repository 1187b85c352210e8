import { describe, expect, it } from '@jest/globals';
import { instantOf } from './instant.js';

describe('an instant as it is typed', () => {
  it.each([
    ['2027-06-30', 'start', '2027-06-30T00:00:00.000Z'],
    ['2027-06-30', 'end', '2027-06-30T23:59:59.999Z'],
    ['2027-06-30T12:00+02:00', 'end', '2027-06-30T10:00:00.000Z'],
    ['2027-06-30T12:00:01.5Z', 'start', '2027-06-30T12:00:01.500Z'],
  ] as const)('%s (%s) is %s', (text, edge, instant) => {
    expect(instantOf(text, edge)).toBe(instant);
  });

  it.each([
    '',
    'tomorrow',
    '2027-02-30',
    '2027-13-01',
    '30.06.2027',
    '2027-06-30T12:00',
    '2027-06-30T25:00Z',
    '2027-06-30 ',
  ])('refuses "%s"', (text) => {
    expect(() => instantOf(text, 'end')).toThrow('is not a day');
  });
});
