import { Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import { type AgencyView, type ChangeAgency, Problem } from '#domain/contract';
import type { ContactPoint } from '#domain/directory';
import type { AgencyId } from '#domain/evidence';
import { actingAs, refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, sqlStateOf, type Transaction } from '#server/database';
import { entityTagOf, mustStillBe } from '#server/idempotency';
import { AGENCY_COLUMNS } from './agency-rows.js';

const INVALID_PARAMETER = '22023';

/** What an agency says of itself: how it is reached, and what it is competent for. */
@Injectable()
export class AgencyChanges {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  /**
   * By an administrator of the agency itself.
   * @param expected entity tag of the agency that was seen
   * @throws Problem 'forbidden', 'not-found', 'precondition-failed', 'malformed-request'
   */
  async change(actor: ActingOfficer, id: AgencyId, body: ChangeAgency, expected: string): Promise<AgencyView> {
    if (actor.agencyId !== id || !actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    return this.database.asOfficer(actor, async (tx) => {
      const before = await lockedAgency(tx, id);
      mustStillBe(before, expected);
      const { competences = before.competences, contactPoints = before.contactPoints } = body;
      // Whether it may bring others into the directory is not for an agency to say of itself.
      if (competences.includes('central-authority') !== before.competences.includes('central-authority'))
        throw refusal(deny('not-inviting-authority'));
      await requireKnownZones(tx, contactPoints);
      await tx.query(`UPDATE amana.agency SET competences = $2, contact_points = $3, contact = $4 WHERE id = $1`, [
        id,
        competences,
        JSON.stringify(contactPoints),
        body.contactPoints === undefined ? before.contact : contactLine(contactPoints),
      ]);
      const after = await lockedAgency(tx, id);
      const [hashBefore, hashAfter] = [entityTagOf(before), entityTagOf(after)];
      if (hashBefore === hashAfter) return after;
      await this.custody.append(tx, [
        {
          visibleTo: [],
          statement: {
            kind: 'agency-changed',
            chain: { kind: 'agency', id },
            actor: actingAs(actor, ['agency-admin']),
            result: 'done',
            // Desks and persons are told in the directory, not in the record, which is never changed.
            detail: { competences: competences.join(' '), contactPoints: contactPoints.length },
          },
        },
      ]);
      return after;
    });
  }
}

/** The agency, held until the transaction ends. @throws Problem 'not-found' */
export async function lockedAgency(tx: Transaction, id: AgencyId): Promise<AgencyView> {
  const [agency] = await tx.query<AgencyView[]>(`SELECT ${AGENCY_COLUMNS} FROM amana.agency WHERE id = $1 FOR UPDATE`, [
    id,
  ]);
  if (!agency) throw new Problem('not-found');
  return agency;
}

/** In a line, for lists. */
function contactLine([first]: readonly ContactPoint[]): string {
  return first === undefined ? '' : [first.name, first.phone ?? first.email ?? ''].join(', ');
}

/** Zones by the database's own list: a search by opening hours must not stumble over one agency's. */
async function requireKnownZones(tx: Transaction, points: readonly ContactPoint[]): Promise<void> {
  for (const { hours } of points) {
    if (hours.kind === 'always') continue;
    try {
      await tx.query(`SELECT now() AT TIME ZONE $1`, [hours.timeZone]);
    } catch (error) {
      if (sqlStateOf(error) === INVALID_PARAMETER)
        throw new Problem('malformed-request', `${hours.timeZone} is no time zone that is known here`);
      throw error;
    }
  }
}
