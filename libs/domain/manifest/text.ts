import { z } from 'zod';

/** One line of text in any script, not blank, without control characters. */
export function line(maxLength = 300): z.ZodString {
  return text(maxLength).regex(
    /^[^\p{Cc}\p{Surrogate}\u2028\u2029]*$/u,
    'must be one line, without control characters',
  );
}

/** Text in any script, not blank; lines and tabs are allowed, other control characters are not. */
export function prose(maxLength = 10_000): z.ZodString {
  return text(maxLength).regex(/^(?:[^\p{Cc}\p{Surrogate}]|[\n\r\t])*$/u, 'must not have control characters');
}

function text(maxLength: number): z.ZodString {
  return z
    .string('must be text')
    .max(maxLength, `must have at most ${maxLength} characters`)
    .regex(/\S/u, 'must not be empty');
}

/** A local time with the offset of its zone, ISO 8601: `2026-11-20T14:03+02:00`; seconds and milliseconds may be given. */
export const ZonedTime = z
  .string('must be a time')
  .refine(isZonedTime, 'must be a time with the offset of its zone, such as 2026-11-20T14:03+02:00');

const ZONED_TIME =
  /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,3})?)?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

function isZonedTime(text: string): boolean {
  const date = ZONED_TIME.exec(text)?.[1];
  return date !== undefined && isDate(date);
}

/** Whether a `YYYY-MM-DD` is in the calendar. */
export function isDate(text: string): boolean {
  const midnight = new Date(`${text}T00:00:00.000Z`);
  return (
    /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text)
  );
}
