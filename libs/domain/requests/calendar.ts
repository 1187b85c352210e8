/** Something that is due. */
export interface CalendarEntry {
  /** The same for the same entry, in every calendar that is made of it. */
  readonly uid: string;
  readonly at: Date;
  readonly remindAt: Date;
  readonly title: string;
  readonly details: string;
}

const encoder = new TextEncoder();
/** A line has so many octets at most (RFC 5545 §3.1). */
const LINE_OCTETS = 75;

/** What is due as an iCalendar object (RFC 5545), times in UTC. It says no more than its entries do: a calendar is read by many programs. */
export function calendarOf(entries: readonly CalendarEntry[], now: Date): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Amana//Requests//EN',
    ...entries.flatMap((entry) => eventOf(entry, now)),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

function eventOf({ uid, at, remindAt, title, details }: CalendarEntry, now: Date): string[] {
  return [
    'BEGIN:VEVENT',
    `UID:${escaped(uid)}`,
    `DTSTAMP:${basic(now)}`,
    `DTSTART:${basic(at)}`,
    `SUMMARY:${escaped(title)}`,
    `DESCRIPTION:${escaped(details)}`,
    'TRANSP:TRANSPARENT',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    `DESCRIPTION:${escaped(title)}`,
    `TRIGGER;VALUE=DATE-TIME:${basic(remindAt)}`,
    'END:VALARM',
    'END:VEVENT',
  ];
}

/** `20261124T210000Z` */
function basic(instant: Date): string {
  return `${instant.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

/** RFC 5545 §3.3.11; a control character is nobody's text. */
function escaped(text: string): string {
  return text
    .replace(/[\\;,]/g, (character) => `\\${character}`)
    .replace(/\r\n?|\n/g, '\\n')
    .replace(/\p{Cc}/gu, '');
}

/** Folded between characters, never inside one. */
function folded(line: string): string {
  const lines: string[] = [];
  let current = '';
  let octets = 0;
  for (const character of line) {
    const size = encoder.encode(character).length;
    if (octets + size > LINE_OCTETS) {
      lines.push(current);
      current = ' ';
      octets = 1;
    }
    current += character;
    octets += size;
  }
  return [...lines, current].join('\r\n');
}
