import type { Api } from '#client/api';
import type { OfficerView } from '#domain/contract';
import { OFFICER_ROLES, type OfficerRole } from '#domain/custody';
import { UsageError } from './usage-error.js';

/** Every officer of the own agency. */
export async function officersOf(api: Api): Promise<OfficerView[]> {
  const officers: OfficerView[] = [];
  for await (const one of api.directory.officers()) officers.push(one);
  return officers;
}

/** The officer that an id or an address stands for, who has not left. @throws UsageError */
export function officerNamed(officers: readonly OfficerView[], wanted: string): OfficerView {
  const folded = wanted.toLowerCase();
  const found = officers.filter(({ id, email }) => id === folded || email.toLowerCase() === folded);
  const officer = found.find(({ leftAt }) => (leftAt ?? null) === null);
  if (officer) return officer;
  throw new UsageError(`${wanted} ${found.length > 0 ? 'has left' : 'is no officer of'} your agency`);
}

/** Roles as they are given in a line. @throws UsageError */
export function rolesIn(text: string): OfficerRole[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  const roles = OFFICER_ROLES.filter((role) => names.includes(role));
  const unknown = names.find((name) => !(OFFICER_ROLES as readonly string[]).includes(name));
  if (unknown !== undefined) throw new UsageError(`"${unknown}" is no role: they are ${OFFICER_ROLES.join(', ')}`);
  if (roles.length === 0) throw new UsageError('no role is named');
  return roles;
}
