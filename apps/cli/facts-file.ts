import { readFileSync } from 'node:fs';
import type { Profile } from '#client/profile';
import { type Facts, ManifestError, checkFacts, parseStrictJson } from '#domain/manifest';
import { UsageError } from './usage-error.js';

/**
 * The facts of a seizure out of their file. Every field that is missing or wrong is named, on the one line of the failure.
 * @param exhibitNumber the number where the file has none
 * @throws UsageError
 */
export function readFacts(file: string, { officer, agency }: Profile, exhibitNumber?: string): Facts {
  const given = numbered(parse(file), exhibitNumber);
  const result = checkFacts(given, { officerName: officer.name, agencyName: agency.name });
  if (result.ok) return result.facts;
  const told = result.problems.map(({ message }) => message).join('; ');
  throw new UsageError(`${file}: ${told}; see \`amana exhibit facts\``);
}

function numbered(facts: unknown, exhibitNumber: string | undefined): unknown {
  const isObject = typeof facts === 'object' && facts !== null && !Array.isArray(facts);
  return isObject && exhibitNumber !== undefined ? { exhibitNumber, ...facts } : facts;
}

function parse(file: string): unknown {
  try {
    return parseStrictJson(readFileSync(file));
  } catch (cause) {
    if (cause instanceof ManifestError) throw new UsageError(`${file}: ${cause.message}`);
    throw cause;
  }
}
