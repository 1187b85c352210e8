import { createHash } from 'node:crypto';
import type { ActingOfficer, RequestFacts } from '#domain/authority';
import { type DraftRequest, Problem } from '#domain/contract';
import { canonicalJson } from '#domain/manifest';
import type { RequestForm } from '#domain/requests';
import { agreementOfTeam } from '#server/authority';
import type { Transaction } from '#server/database';

/** @throws Problem 'not-found' for an agency or a team that is not there, 'malformed-request' for a request to oneself */
export async function factsOfDraft(
  tx: Transaction,
  actor: ActingOfficer,
  { toAgencyId, form }: DraftRequest,
): Promise<RequestFacts> {
  if (toAgencyId === actor.agencyId) throw new Problem('malformed-request', 'an agency asks another, not itself');
  const [agency] = await tx.query<{ state: string }[]>(`SELECT state FROM amana.agency WHERE id = $1`, [toAgencyId]);
  if (!agency) throw new Problem('not-found', 'there is no such agency');
  const team = form.instrument === 'jit' ? await agreementOfTeam(tx, form.teamId) : null;
  if (form.instrument === 'jit' && !team) throw new Problem('not-found', 'there is no such team, or not for you');
  return {
    instrument: form.instrument,
    ...{ fromAgencyId: actor.agencyId, fromState: actor.state, toAgencyId, toState: agency.state },
    ...{ submitted: false, consulted: false, agreement: team },
  };
}

export function teamOf(form: RequestForm): string | null {
  return form.instrument === 'jit' ? form.teamId : null;
}

/** SHA-256 of the canonical JSON, in hexadecimal: what the record holds of what was written. */
export function digestOf(written: object): string {
  return createHash('sha256').update(canonicalJson(written)).digest('hex');
}
