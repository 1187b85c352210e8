import { Facts } from './facts.js';
import type { FactsField } from './facts-fields.js';
import { FACTS_FIELDS } from './facts-fields.js';

/** A fault in the facts, in words for the officer. */
export interface FactsProblem {
  /** Members on the way, joined with dots, as in `FACTS_FIELDS`. */
  readonly path: string;
  readonly message: string;
  /** Whether there was no answer at all. */
  readonly missing: boolean;
}

export type FactsResult =
  { readonly ok: true; readonly facts: Facts } | { readonly ok: false; readonly problems: readonly FactsProblem[] };

/** What an officer need not write each time. */
export interface OfficerProfile {
  readonly officerName: string;
  readonly agencyName: string;
}

const GROUPS = ['source', 'seizure', 'legalBasis', 'acquisition'] as const;
const FIELDS: ReadonlyMap<string, FactsField> = new Map(FACTS_FIELDS.map((field) => [field.path, field]));
const ANOTHER_FORM = 'must have another form';

/**
 * Checks the facts as an officer gave them. Every field that is missing or wrong is named, not the first alone.
 *
 * @param value parsed JSON, of any form
 * @param profile fills in the seizing officer and the agency where they were left out
 */
export function checkFacts(value: unknown, profile?: OfficerProfile): FactsResult {
  if (!isObject(value)) {
    return { ok: false, problems: [{ path: '', message: 'the facts must be one JSON object', missing: false }] };
  }
  const complete = complement(value, profile);
  const parsed = Facts.safeParse(complete, { error: () => ANOTHER_FORM });
  if (parsed.success) return { ok: true, facts: parsed.data };
  const problems = parsed.error.issues.flatMap((issue): FactsProblem[] => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...path, key].join('.')));
    return [problemAt(path, valueAt(complete, path) === undefined, issue.message)];
  });
  return { ok: false, problems: distinct(problems) };
}

/** Facts in which every question has an answer of the right form, for an officer to write over. */
export function exampleFacts(fields: 'required' | 'all'): Record<string, unknown> {
  const facts: Record<string, unknown> = {};
  for (const { path, example, isRequired } of FACTS_FIELDS) {
    if (!isRequired && fields === 'required') continue;
    const [first = '', second] = path.split('.');
    if (second === undefined) facts[first] = example;
    else facts[first] = { ...(isObject(facts[first]) ? facts[first] : {}), [second]: example };
  }
  return facts;
}

/** zod may say one thing of a value twice, as when it is of another type and too long as well. */
function distinct(problems: readonly FactsProblem[]): FactsProblem[] {
  return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
}

function problemAt(path: readonly string[], missing: boolean, reason: string): FactsProblem {
  const joined = path.join('.');
  const field = FIELDS.get(joined) ?? FIELDS.get(path.slice(0, -1).join('.'));
  const subject = field === undefined ? `"${joined}"` : `${field.name} ("${joined}")`;
  const hint = field !== undefined && reason === ANOTHER_FORM ? `, such as ${JSON.stringify(field.example)}` : '';
  return { path: joined, message: missing ? `${subject} is missing` : `${subject} ${reason}${hint}`, missing };
}

function unknownField(path: string): FactsProblem {
  return { path, message: `"${path}" is not a field of the facts`, missing: false };
}

/** With the profile's names, and with each group that has required fields there, so that all of them are named. */
function complement(value: Record<string, unknown>, profile: OfficerProfile | undefined): Record<string, unknown> {
  const complete = { ...value };
  for (const group of GROUPS) complete[group] ??= {};
  const { seizure } = complete;
  if (profile !== undefined && isObject(seizure)) {
    complete.seizure = { officer: profile.officerName, agency: profile.agencyName, ...seizure };
  }
  return complete;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  const [member, ...rest] = path;
  if (member === undefined || typeof value !== 'object' || value === null) return value;
  return valueAt((value as Record<string, unknown>)[member], rest);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
