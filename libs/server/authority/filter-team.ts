import { Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import { type FilterTeamView, Problem, type SetFilterTeam } from '#domain/contract';
import type { OfficerId } from '#domain/evidence';
import { Custody } from '#server/custody';
import { Database } from '#server/database';
import { actingAs } from './acting.js';
import { Authority } from './authority.js';

/** The officers of an agency who look through its privileged material, apart from those who investigate with the rest. */
@Injectable()
export class FilterTeams {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly authority: Authority,
  ) {}

  /**
   * Puts an officer in, or takes them out; on the record with the reason. The same again changes nothing. Nobody puts themselves in.
   * @throws Problem 'forbidden' by the rule, 'not-found' for an officer of another agency
   */
  async set(actor: ActingOfficer, officerId: OfficerId, { member, reason }: SetFilterTeam): Promise<FilterTeamView> {
    if (!actor.certified) throw await this.authority.refuse(actor, 'filter-team', deny('officer-not-certified'), null);
    if (!actor.roles.includes('agency-admin') || officerId === actor.officerId)
      throw await this.authority.refuse(actor, 'filter-team', deny('role-not-entitled'), null);
    return this.database.asOfficer(actor, async (tx) => {
      const [officer] = await tx.query<{ member: boolean }[]>(
        `SELECT filter_team AS member FROM amana.officer WHERE id = $1 AND agency_id = $2 FOR UPDATE`,
        [officerId, actor.agencyId],
      );
      if (!officer) throw new Problem('not-found');
      if (officer.member === member) return { officerId, member };
      await tx.query(`UPDATE amana.officer SET filter_team = $2 WHERE id = $1`, [officerId, member]);
      await this.custody.append(tx, [
        {
          visibleTo: [],
          statement: {
            kind: 'filter-team-changed',
            chain: { kind: 'agency', id: actor.agencyId },
            actor: actingAs(actor, ['agency-admin']),
            counterpart: { agencyId: actor.agencyId, officerId },
            result: 'done',
            reason,
            detail: { member },
          },
        },
      ]);
      return { officerId, member };
    });
  }
}
