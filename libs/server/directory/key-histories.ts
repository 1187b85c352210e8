import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import type { AgencyKeyHistory } from '#domain/contract';
import type { AgencyId } from '#domain/evidence';
import { Database } from '#server/database';
import { historiesOf } from './agency-rows.js';

/** How keys that an agreement lists lead to those in use. */
@Injectable()
export class KeyHistories {
  constructor(private readonly database: Database) {}

  /** Of the own agency and of those it is in a team with, as far as they have changed their keys. */
  known(actor: ActingOfficer): Promise<AgencyKeyHistory[]> {
    return this.database.asOfficer(actor, async (tx) => {
      const partners = await tx.query<{ id: AgencyId }[]>(`SELECT DISTINCT agency_id AS id FROM amana.team_agency`);
      const run = <Row>(sql: string, parameters: readonly unknown[]) => tx.query<Row[]>(sql, [...parameters]);
      return historiesOf(run, [actor.agencyId, ...partners.map(({ id }) => id)]);
    });
  }
}
