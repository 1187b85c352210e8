import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideAgreement, deny } from '#domain/authority';
import {
  type AppointOfficer,
  type Page,
  type PageQuery,
  Problem,
  type TeamDetail,
  type TeamView,
} from '#domain/contract';
import type { AgencyId, OfficerId, TeamId } from '#domain/evidence';
import { readAgreement } from '#domain/manifest';
import { actingAs, refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { mustFind } from './agreements.js';
import { keysetPage, type RunQuery } from './keyset-page.js';

const TEAMS = `SELECT id, name, agreement_id AS "agreementId",
  (SELECT jsonb_agg(jsonb_build_object('id', a.id, 'state', a.state, 'name', a.name) ORDER BY a.state, a.name)
   FROM amana.team_agency m JOIN amana.agency a ON a.id = m.agency_id WHERE m.team_id = team.id) AS agencies
FROM amana.team`;

/** Teams that agreements create, and who leads and administers them. */
@Injectable()
export class Teams {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  /** Of those that the officer's agency is in, by name. */
  list(actor: ActingOfficer, query: PageQuery): Promise<Page<TeamView>> {
    const runIn =
      (tx: Transaction): RunQuery =>
      <Row>(sql: string, parameters: readonly unknown[]) =>
        tx.query<Row[]>(sql, [...parameters]);
    return this.database.asOfficer(actor, (tx) =>
      keysetPage<TeamView>(runIn(tx), { select: TEAMS, keys: ['name', 'id'], casts: { id: 'uuid' } }, query),
    );
  }

  /** @throws Problem 'not-found', the same for a team of others as for none */
  find(actor: ActingOfficer, id: TeamId): Promise<TeamDetail> {
    return this.database.asOfficer(actor, (tx) => teamDetail(tx, id));
  }

  /**
   * Appoints an officer of the own agency, or ends that. The same again changes nothing. Nobody appoints themselves.
   * @throws Problem 'forbidden' by the rule, 'not-found' for a team, or an officer, of others
   */
  async appoint(
    actor: ActingOfficer,
    id: TeamId,
    { officerId, role, appointed, reason }: AppointOfficer,
  ): Promise<TeamDetail> {
    const decision = decideAgreement('appoint', actor);
    if (!decision.allowed) throw refusal(decision);
    if (officerId === actor.officerId) throw refusal(deny('role-not-entitled'));
    return this.database.asOfficer(actor, async (tx) => {
      const [officer] = await tx.query<{ isThere: boolean }[]>(
        `SELECT EXISTS (SELECT FROM amana.team_appointment p WHERE p.team_id = $3 AND p.officer_id = o.id AND p.role = $4 AND p.ended_at IS NULL) AS "isThere"
         FROM amana.officer o WHERE o.id = $1 AND o.agency_id = $2`,
        [officerId, actor.agencyId, id, role],
      );
      const { agencies } = await teamDetail(tx, id);
      if (!officer) throw new Problem('not-found');
      if (officer.isThere === appointed) return teamDetail(tx, id);
      await tx.query(
        `INSERT INTO amana.team_appointment (team_id, officer_id, role, agency_id, appointed_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (team_id, officer_id, role) DO UPDATE SET appointed_by = $5, since = now(), ended_at = CASE WHEN NOT $6 THEN now() END`,
        [id, officerId, role, actor.agencyId, actor.officerId, appointed],
      );
      await this.custody.append(tx, [
        {
          visibleTo: agencies.map((agency) => agency.id),
          statement: {
            kind: 'team-appointed',
            chain: { kind: 'agency', id: actor.agencyId },
            actor: actingAs(actor, ['agency-admin']),
            counterpart: { agencyId: actor.agencyId, officerId },
            teamId: id,
            result: 'done',
            reason,
            detail: { role, appointed },
          },
        },
      ]);
      return teamDetail(tx, id);
    });
  }
}

interface Appointed {
  readonly agencyId: AgencyId;
  readonly officerId: OfficerId;
  readonly name: string;
  readonly role: 'leader' | 'administrator';
}

async function teamDetail(tx: Transaction, id: TeamId): Promise<TeamDetail> {
  const [team] = await tx.query<TeamView[]>(`${TEAMS} WHERE id = $1`, [id]);
  if (!team) throw new Problem('not-found');
  const { instrument, state } = await mustFind(tx, team.agreementId);
  const { leaders = [], administrators = [], thirdStates = [] } = readAgreement(instrument).statement;
  const appointed = await tx.query<Appointed[]>(
    `SELECT p.agency_id AS "agencyId", p.officer_id AS "officerId", o.name, p.role FROM amana.team_appointment p
     JOIN amana.officer o ON o.id = p.officer_id WHERE p.team_id = $1 AND p.ended_at IS NULL ORDER BY p.role, o.name, o.id`,
    [id],
  );
  return {
    ...team,
    agreementState: state,
    thirdStates,
    officers: [
      ...leaders.map(({ agencyId, officerId = null, name }) => ({
        ...{ agencyId, officerId, name, role: 'leader' as const, by: 'agreement' as const },
      })),
      ...administrators.map((one) => ({ ...one, role: 'administrator' as const, by: 'agreement' as const })),
      ...appointed.map((one) => ({ ...one, by: 'agency' as const })),
    ],
  };
}
