import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type CalendarEntry, calendarOf } from './calendar.js';

const NOW = new Date('2026-11-24T12:00:00.000Z');
const entry: CalendarEntry = {
  uid: '7f3c-acknowledgement@amana',
  at: new Date('2026-12-01T12:00:00.000Z'),
  remindAt: new Date('2026-11-29T18:00:00.000Z'),
  title: 'Acknowledge: EIO; a, b \\ c',
  details: 'two\nlines',
};
const unfolded = (text: string) => text.replaceAll('\r\n ', '');

describe('a calendar', () => {
  it('has an event for what is due, in UTC, with an alarm', () => {
    expect(calendarOf([entry], NOW).split('\r\n')).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Amana//Requests//EN',
      'BEGIN:VEVENT',
      'UID:7f3c-acknowledgement@amana',
      'DTSTAMP:20261124T120000Z',
      'DTSTART:20261201T120000Z',
      'SUMMARY:Acknowledge: EIO\\; a\\, b \\\\ c',
      'DESCRIPTION:two\\nlines',
      'TRANSP:TRANSPARENT',
      'BEGIN:VALARM',
      'ACTION:DISPLAY',
      'DESCRIPTION:Acknowledge: EIO\\; a\\, b \\\\ c',
      'TRIGGER;VALUE=DATE-TIME:20261129T180000Z',
      'END:VALARM',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ]);
  });

  it.each(['€', '😀', 'é'])('is folded between characters, also where each has several octets: %s', (character) => {
    const written = calendarOf([{ ...entry, title: character.repeat(100) }], NOW);
    for (const line of written.split('\r\n')) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
    expect(unfolded(written)).toContain(`SUMMARY:${character.repeat(100)}\r\n`);
  });

  it('lets no text begin a line of its own, whatever it holds, and no line be longer than 75 octets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const hostile = `${text}\r\nEND:VEVENT\nATTACH:http://evil`;
        const written = calendarOf([{ ...entry, title: hostile, details: hostile, uid: hostile }], NOW);
        expect(written.match(/\n(END:VEVENT|ATTACH)/g)).toEqual(['\nEND:VEVENT']);
        for (const line of written.split('\r\n')) {
          expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
          expect(line).not.toMatch(/\p{Cc}/u);
        }
        expect(unfolded(written).split('\r\n')).toHaveLength(18);
      }),
    );
  });
});
