import { Problem, type RegisterExhibit } from '#domain/contract';
import { checkFacts, type Facts, fileNameFault, fileNameKey } from '#domain/manifest';
import { sealedSizeBytes } from '#domain/sealing';
import { byTurns } from './by-turns.js';
import { fileKeyHeader } from './file-key-header.js';

/** What a registration says, checked as far as it can be without asking anybody. */
export interface CheckedRegistration {
  readonly facts: Facts;
  /** File keys wrapped to the own agency, in the order of the files. */
  readonly headers: readonly Buffer[];
}

type Faults = { path: string; message: string }[];

/** Faults beyond this many are not told. */
const MAX_FAULTS = 50;

/**
 * Checks all that a later manifest of the same exhibit would have to say too, so that what can be registered can be signed.
 * @throws Problem 'facts-incomplete', 'malformed-request', each with its faults
 */
export async function checkRegistration(body: RegisterExhibit): Promise<CheckedRegistration> {
  const facts = checkedFacts(body);
  const faults = await fileFaults(body);
  if (faults.length > 0) throw new Problem('malformed-request', undefined, { faults: faults.slice(0, MAX_FAULTS) });
  const headers: Buffer[] = [];
  await byTurns(body.files, ({ header }, at) => headers.push(fileKeyHeader(header, `files.${at}.header`)));
  return { facts, headers };
}

function checkedFacts({ facts, number, caseNumber }: RegisterExhibit): Facts {
  const checked = checkFacts(facts);
  const faults: Faults = checked.ok ? [] : checked.problems.map(({ path, message }) => ({ path, message }));
  if (checked.ok) {
    if (checked.facts.exhibitNumber !== number)
      faults.push({ path: 'exhibitNumber', message: 'is not the exhibit number of the registration' });
    if (checked.facts.caseNumber !== caseNumber)
      faults.push({ path: 'caseNumber', message: 'is not the case number of the registration' });
    if (faults.length === 0) return checked.facts;
  }
  throw new Problem('facts-incomplete', undefined, { faults: faults.slice(0, MAX_FAULTS) });
}

async function fileFaults({ files }: RegisterExhibit): Promise<Faults> {
  const faults: Faults = [];
  const ids = new Set<string>();
  const names = new Set<string>();
  await byTurns(files, (file, at) => {
    const name = { name: file.name, ...(file.nameBase64 !== undefined && { nameBase64: file.nameBase64 }) };
    const fault = fileNameFault(name);
    if (fault !== null) faults.push({ path: `files.${at}.name`, message: fault });
    else if (!added(names, fileNameKey(name)))
      faults.push({ path: `files.${at}.name`, message: 'is, byte by byte, that of another file' });
    if (!added(ids, file.id)) faults.push({ path: `files.${at}.id`, message: 'is that of another file' });
    if (file.sealedSizeBytes !== sealedSizeBytes(file.sizeBytes))
      faults.push({ path: `files.${at}.sealedSizeBytes`, message: 'is not the size that this many bytes seal to' });
  });
  return faults;
}

/** Whether the set did not have it. */
function added(set: Set<string>, value: string): boolean {
  return set.size !== set.add(value).size;
}
