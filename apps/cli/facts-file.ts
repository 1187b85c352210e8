import { readFileSync } from 'node:fs';
import type { Profile } from '#client/profile';
import { type Facts, ManifestError, checkFacts, parseStrictJson } from '#domain/manifest';
import type { Output } from './output.js';
import { shown } from './shown.js';
import { UsageError } from './usage-error.js';

/**
 * The facts of a seizure out of their file. Every field that is missing or wrong is named on stderr.
 * @throws UsageError
 */
export function readFacts(file: string, { officer, agency }: Profile, output: Output): Facts {
  const result = checkFacts(parse(file), { officerName: officer.name, agencyName: agency.name });
  if (result.ok) return result.facts;
  for (const { message } of result.problems) output.note(`  ${shown(message)}`);
  const missing = result.problems.filter((problem) => problem.missing).length;
  const wrong = result.problems.length - missing;
  const counts = [missing > 0 ? `${missing} missing` : '', wrong > 0 ? `${wrong} wrong` : ''].filter(
    (text) => text !== '',
  );
  throw new UsageError(`${file}: the facts are not complete (${counts.join(', ')}); see \`amana exhibit facts\``);
}

function parse(file: string): unknown {
  try {
    return parseStrictJson(readFileSync(file));
  } catch (cause) {
    if (cause instanceof ManifestError) throw new UsageError(`${file}: ${cause.message}`);
    throw cause;
  }
}
