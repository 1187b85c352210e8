import { Problem } from '#domain/contract';

/** Bytes `start` up to but not including `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range that a Range header asks for (RFC 9110 §14.1.2); null when it asks for none, or in a unit other than bytes.
 * @throws Problem 'range-not-satisfiable' for a range outside, several ranges, or one that is none
 */
export function spanOf(header: string | undefined, sizeBytes: number): Span | null {
  if (header === undefined || !/^bytes\s*=/i.test(header)) return null;
  const found = /^bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header);
  const [, first = '', last = ''] = found ?? [];
  const span = first === '' ? suffix(last, sizeBytes) : between(Number(first), last, sizeBytes);
  if (!found || !span) throw new Problem('range-not-satisfiable', `the object has ${sizeBytes} bytes`);
  return span;
}

function suffix(last: string, sizeBytes: number): Span | null {
  const wanted = last === '' ? 0 : Math.min(Number(last), sizeBytes);
  return wanted === 0 ? null : { start: sizeBytes - wanted, end: sizeBytes };
}

function between(start: number, last: string, sizeBytes: number): Span | null {
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return start < end ? { start, end } : null;
}
