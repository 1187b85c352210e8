/**
 * What could move, hide or turn round what stands beside it: C0 and C1 controls, line separators, marks of direction, zero
 * width, byte order marks. Not the letters of any script.
 */
const DANGEROUS =
  /[\p{Cc}\p{Surrogate}\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A text from elsewhere, on one line of a terminal: what could do harm there is written as its number. */
export function shown(text: string): string {
  return text.replace(DANGEROUS, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The same, kept apart from what stands beside it where it runs from right to left. For terminals, not for pipes. */
export function isolated(text: string): string {
  const safe = shown(text);
  return RIGHT_TO_LEFT.test(safe) ? `\u2068${safe}\u2069` : safe;
}

/** JSON of which a terminal shows every character as what it is; the same value to who parses it. */
export function shownJson(value: unknown): string {
  return JSON.stringify(value).replace(DANGEROUS, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** Bytes in the unit a person reads: `4.0 GiB`. */
export function shownSize(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}
