import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ManifestError, parseStrictJson } from '#domain/manifest';
import { exampleForm, type Instrument, RequestForm } from '#domain/requests';
import { UsageError } from './usage-error.js';

/** A request as an officer writes it: to whom, for which team, and the form of its instrument. */
const RequestFile = z.strictObject({
  /** The agency asked, by name, id or, where it has one agency, by its state. */
  to: z.string(),
  /** The team, by name or id, for which a member asks. */
  team: z.string().optional(),
  form: z.record(z.string(), z.unknown()),
});

export interface WrittenRequest {
  readonly to: string;
  readonly form: RequestForm;
}

/**
 * A request out of its file. Every field that is missing or wrong is named, on the one line of the failure.
 * @param teamIdOf the id of the team that a name stands for
 * @throws UsageError
 */
export function readRequestFile(file: string, teamIdOf: (name: string) => string): WrittenRequest {
  const written = check(RequestFile, parse(file), file);
  const team = written.team === undefined ? {} : { teamId: teamIdOf(written.team) };
  return { to: written.to, form: check(RequestForm, { ...written.form, ...team }, file, 'form.') };
}

/** The file of an instrument, filled in as an example. */
export function exampleFile(instrument: Instrument): object {
  const to = 'Public Prosecutor’s Office';
  if (instrument !== 'jit') return { to, form: exampleForm(instrument) };
  const { teamId: _, ...form } = exampleForm('jit');
  return { to, team: 'Operation Dune', form };
}

function check<Schema extends z.ZodType>(schema: Schema, given: unknown, file: string, at = ''): z.output<Schema> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${at}${path.join('.')}: ${message}`);
  throw new UsageError(`${file}: ${faults.join('; ')}; see \`amana request form INSTRUMENT\``);
}

function parse(file: string): unknown {
  try {
    return parseStrictJson(readFileSync(file));
  } catch (cause) {
    if (cause instanceof ManifestError) throw new UsageError(`${file}: ${cause.message}`);
    throw cause;
  }
}
