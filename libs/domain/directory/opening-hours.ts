import { z } from 'zod';

const CLOCK = /^(?:[01]\d|2[0-3]):[0-5]\d$/;

/** A span of a day on some days of the week, by the wall clock: `until` is the first minute that is closed again, at most `24:00`. */
const Span = z
  .strictObject({
    /** ISO 8601: Monday is 1. */
    days: z
      .array(z.int().min(1).max(7))
      .min(1)
      .max(7)
      .refine((days) => new Set(days).size === days.length, 'must not name a day twice'),
    from: z.string().regex(CLOCK, 'must be a time of day, such as 08:00'),
    until: z.union([z.string().regex(CLOCK, 'must be a time of day, such as 16:30'), z.literal('24:00')]),
  })
  .refine(({ from, until }) => from < until, { path: ['until'], error: 'must be later in the same day' });

/** When somebody answers: around the clock, or in spans of the week by the clock of a place. What goes past midnight is two spans. */
export const OpeningHours = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('always') }),
  z.strictObject({
    kind: z.literal('weekly'),
    /** IANA, such as `Africa/Tripoli`. */
    timeZone: z.string().max(64).refine(isTimeZone, 'must be a time zone of the IANA database, such as Africa/Tripoli'),
    spans: z.array(Span).min(1).max(21),
  }),
]);
export type OpeningHours = z.infer<typeof OpeningHours>;

/** Whether somebody answers at this moment, by the clock of the place. */
export function isOpenAt(hours: OpeningHours, at: Date): boolean {
  if (hours.kind === 'always') return true;
  const { day, time } = wallClock(hours.timeZone, at);
  return hours.spans.some(({ days, from, until }) => days.includes(day) && time >= from && time < until);
}

const WEEK = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function wallClock(timeZone: string, at: Date): { day: number; time: string } {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    ...({ weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const),
  });
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return { day: WEEK.indexOf(part.get('weekday') ?? '') + 1, time: `${part.get('hour')}:${part.get('minute')}` };
}

/** An area and a place; fixed offsets have no summer time, and old short names mean different things on different machines. */
function isTimeZone(name: string): boolean {
  if (name !== 'UTC' && !/^[A-Z][A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)+$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
