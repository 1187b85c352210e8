import type { Api } from '#client/api';
import { AgencyId, ExhibitId } from '#domain/evidence';
import type { AgencyView } from '#domain/contract';
import { UsageError } from './usage-error.js';

/** The exhibit that an id, or a number within reach, stands for. @throws UsageError when no one exhibit has that number */
export async function findExhibit(api: Api, wanted: string): Promise<ExhibitId> {
  const id = ExhibitId.safeParse(wanted.toLowerCase());
  if (id.success) return id.data;
  const found: { id: ExhibitId; caseNumber: string }[] = [];
  for await (const exhibit of api.exhibits.list({ number: wanted })) found.push(exhibit);
  const [first, ...others] = found;
  if (first === undefined) throw new UsageError(`there is no exhibit "${wanted}", or not for you`);
  if (others.length === 0) return first.id;
  const choices = found.map(({ id: one, caseNumber }) => `${one} (case ${caseNumber})`).join(', ');
  throw new UsageError(`"${wanted}" is the number of several exhibits; give an id: ${choices}`);
}

/** The agency that an id, a name or, where it has one agency, a state's code stands for. @throws UsageError */
export async function findAgency(api: Api, wanted: string): Promise<AgencyView> {
  const id = AgencyId.safeParse(wanted.toLowerCase());
  if (id.success) return api.directory.agency(id.data);
  const folded = wanted.toLowerCase();
  const found: AgencyView[] = [];
  for await (const agency of api.directory.agencies()) {
    if (agency.name.toLowerCase() === folded || agency.state.toLowerCase() === folded) found.push(agency);
  }
  const [first, ...others] = found;
  if (first === undefined) throw new UsageError(`there is no agency "${wanted}"; see \`amana agency list\``);
  if (others.length === 0) return first;
  throw new UsageError(`"${wanted}" is ${found.map(({ name }) => `"${name}"`).join(' or ')}; give the name or the id`);
}
