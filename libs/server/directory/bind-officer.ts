import { Inject, Injectable } from '@nestjs/common';
import { type ActingOfficer } from '#domain/authority';
import { type OfficerView, Problem } from '#domain/contract';
import type { AgencyId, OfficerId } from '#domain/evidence';
import { CONFIG, type Config } from '#server/config';
import { Custody } from '#server/custody';
import { Database, sqlStateOf, UNIQUE_VIOLATION } from '#server/database';
import type { Accepting } from './invitations.js';
import { lockedOfficer, officerEvent } from './officer-rows.js';

/** Who was added by address alone, at their first sign-in. */
@Injectable()
export class BindOfficers {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * From now on the officer is who has this subject: the address is asked for no more, whoever comes to have it later.
   * @param person whose address the issuer verified
   * @throws Problem 'not-found' when nobody waits under this address
   */
  async bind({ subject, email }: Accepting): Promise<OfficerView> {
    try {
      return await this.database.asPlatform(async (tx) => {
        const [bound] = await tx.query<{ id: OfficerId; agency_id: AgencyId }[]>(
          `SELECT id, agency_id FROM amana.bind_officer($1, $2, $3)`,
          [this.config.issuer, subject, email],
        );
        if (!bound) throw new Problem('not-found', 'nobody was added by this address who has not signed in yet');
        // The rest of the transaction is the officer's own.
        await tx.query(`SELECT set_config('amana.agency', $1, true), set_config('amana.officer', $2, true)`, [
          bound.agency_id,
          bound.id,
        ]);
        const { view } = await lockedOfficer(tx, bound.id, bound.agency_id);
        const actor: ActingOfficer = {
          ...{ officerId: bound.id, agencyId: bound.agency_id, state: '' },
          ...{ roles: view.roles, certified: false },
        };
        await this.custody.append(tx, [officerEvent(actor, bound.id, { kind: 'officer-bound' })]);
        return view;
      });
    } catch (error) {
      if (sqlStateOf(error) !== UNIQUE_VIOLATION) throw error;
      throw new Problem('not-found', 'nobody was added by this address who has not signed in yet');
    }
  }
}
