import type { ActingOfficer } from '#domain/authority';
import { type OfficerView, Problem } from '#domain/contract';
import type { AgencyId, OfficerId } from '#domain/evidence';
import type { Entry } from '#server/custody';
import type { Transaction } from '#server/database';
import { actingAs } from '#server/authority';
import { instant } from './agency-rows.js';
import type { CheckedCertificate } from './check-certificate.js';

/** An officer as their agency sees them. */
export const OFFICERS = `SELECT id, agency_id AS "agencyId", name, email, roles, key_state AS "keyState", signing_key AS "signingKey", recipient,
  certificate, ${instant('left_at')} AS "leftAt" FROM amana.officer`;

export interface LockedOfficer {
  readonly view: OfficerView;
  readonly signingKid: string | null;
}

/** The officer's row, held until the transaction ends. @throws Problem 'not-found' for an officer of another agency */
export async function lockedOfficer(tx: Transaction, officerId: OfficerId, agencyId: AgencyId): Promise<LockedOfficer> {
  const [view] = await tx.query<OfficerView[]>(`${OFFICERS} WHERE id = $1 AND agency_id = $2 FOR UPDATE`, [
    officerId,
    agencyId,
  ]);
  if (!view) throw new Problem('not-found');
  const [row] = await tx.query<{ kid: string | null }[]>(`SELECT signing_kid AS kid FROM amana.officer WHERE id = $1`, [
    officerId,
  ]);
  return { view, signingKid: row?.kid ?? null };
}

/** What befell an officer, in the register of their agency. */
export function officerEvent(
  actor: ActingOfficer,
  officerId: OfficerId,
  said: Pick<Entry['statement'], 'kind'> & Partial<Pick<Entry['statement'], 'hashBefore' | 'hashAfter' | 'detail'>>,
): Entry {
  return {
    visibleTo: [],
    statement: {
      ...said,
      chain: { kind: 'agency', id: actor.agencyId },
      actor: actingAs(actor, ['agency-admin']),
      counterpart: { agencyId: actor.agencyId, officerId },
      result: 'done',
    },
  };
}

/** That an officer was certified, anew or for the first time. */
export function certifiedEvent(
  actor: ActingOfficer,
  { certificate: { officerId, recipient }, kid, payloadSha256 }: CheckedCertificate,
): Entry {
  return officerEvent(actor, officerId, {
    kind: 'officer-certified',
    hashAfter: payloadSha256,
    detail: { kid, recipient },
  });
}
