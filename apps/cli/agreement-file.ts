import { readFileSync } from 'node:fs';
import type { Api } from '#client/api';
import type { AgreementDetail } from '#domain/contract';
import { AgreementId } from '#domain/evidence';
import { type Agreement, hasBlanks, layDown, ManifestError, parseStrictJson } from '#domain/manifest';
import { UsageError } from './usage-error.js';

/**
 * The text of an agreement out of its file. Every fault is named.
 * @throws UsageError also where the model's blanks are not filled in
 */
export function readAgreementText(file: string): Agreement {
  try {
    const { agreement } = layDown(parseStrictJson(readFileSync(file)));
    if (hasBlanks(agreement)) throw new UsageError(`${file}: there are still blanks of the model, in ‹…›`);
    return agreement;
  } catch (cause) {
    if (!(cause instanceof ManifestError)) throw cause;
    const faults = cause.problems.map(({ path, message }) => `${path}: ${message}`);
    throw new UsageError(`${file}: ${faults.length > 0 ? faults.join('; ') : cause.message}`);
  }
}

/** The agreement that an id, or a title within reach, stands for. @throws UsageError when no one agreement has that title */
export async function findAgreement(api: Api, wanted: string): Promise<AgreementDetail> {
  const id = AgreementId.safeParse(wanted.toLowerCase());
  if (id.success) return api.agreements.show(id.data);
  const found: AgreementDetail[] = [];
  for await (const one of api.agreements.list()) if (one.title.toLowerCase() === wanted.toLowerCase()) found.push(one);
  const [first, ...others] = found;
  if (first === undefined) throw new UsageError(`there is no agreement "${wanted}"; see \`amana agreement list\``);
  if (others.length > 0) throw new UsageError(`several agreements have the title "${wanted}"; give an id`);
  return first;
}
