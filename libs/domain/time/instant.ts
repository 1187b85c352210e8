import { GeneralizedTime, UTCTime } from 'asn1js';
import { contentOf, type Element, isA } from './der.js';
import { malformed } from './timestamp-error.js';

/**
 * The time of a UTCTime or GeneralizedTime, in the one form that DER has for it; a fraction finer than a millisecond is cut.
 * RFC 5280 §4.1.2.5, RFC 3161 §2.4.2 (`genTime`).
 * @throws TimestampError 'malformed'
 */
export function instantOf(element: Element | undefined): Date {
  const text = element ? new TextDecoder().decode(contentOf(element)) : '';
  if (isA(element, UTCTime)) {
    const [, year = '', rest = ''] = /^(\d{2})(\d{10}Z)$/.exec(text) ?? [];
    return instantIn(`${Number(year) >= 50 ? 19 : 20}${year}${rest}`);
  }
  if (isA(element, GeneralizedTime)) return instantIn(text);
  throw malformed('a time');
}

function instantIn(text: string): Date {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{0,8}[1-9]))?Z$/.exec(text);
  if (!parts) throw malformed('a time');
  const [, year, month, day, hour, minute, second, fraction = ''] = parts;
  const millis = fraction.padEnd(3, '0').slice(0, 3);
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${millis}Z`;
  const instant = new Date(iso);
  // No 30th of February, no leap second: what there is not, `Date` rolls over or refuses.
  if (Number.isNaN(instant.getTime()) || instant.toISOString() !== iso) throw malformed('a time');
  return instant;
}
