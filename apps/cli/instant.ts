import { UsageError } from './usage-error.js';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** A day, from its start or to its end in UTC, or an instant with its zone, as UTC. @throws UsageError */
export function instantOf(text: string, edge: 'start' | 'end'): string {
  const instant = DAY.test(text) ? `${text}T${edge === 'start' ? '00:00:00.000' : '23:59:59.999'}Z` : text;
  const date = new Date(instant);
  const isReal = !Number.isNaN(date.getTime()) && (!DAY.test(text) || date.toISOString().startsWith(text));
  if (isReal && INSTANT.test(instant)) return date.toISOString();
  throw new UsageError(`"${text}" is not a day (2027-06-30) or an instant (2027-06-30T12:00+02:00)`);
}
