import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type ActingOfficer, deny } from '#domain/authority';
import {
  type AgreementView,
  type Page,
  type PageQuery,
  Problem,
  type PublishAgreement,
  type TeamView,
} from '#domain/contract';
import { type Agreement, thumbprintOf, verifyAgencyStatement, verifyAgreement } from '#domain/manifest';
import { actingAs, refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { asProblem } from './agencies.js';
import { keysetPage, type RunQuery } from './keyset-page.js';

type AgreementRow = Omit<AgreementView, 'validFrom' | 'validUntil'> & { validFrom: Date; validUntil: Date };

const AGREEMENTS = `SELECT id, title, valid_from AS "validFrom", valid_until AS "validUntil", instrument FROM amana.agreement`;
const TEAMS = `SELECT id, name, agreement_id AS "agreementId",
  (SELECT jsonb_agg(jsonb_build_object('id', a.id, 'state', a.state, 'name', a.name) ORDER BY a.state, a.name)
   FROM amana.team_agency m JOIN amana.agency a ON a.id = m.agency_id WHERE m.team_id = team.id) AS agencies
FROM amana.team`;

/** Agreements and the teams they create. In force only when every party signed, with the keys the directory knows. */
@Injectable()
export class Agreements {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly idempotency: Idempotency,
  ) {}

  /** Of those that the officer's agency is a party of, by title. */
  list(actor: ActingOfficer, query: PageQuery): Promise<Page<AgreementView>> {
    return this.database.asOfficer(actor, async (tx) => {
      const page = await keysetPage<AgreementRow>(
        runIn(tx),
        { select: AGREEMENTS, keys: ['title', 'id'], casts: { id: 'uuid' } },
        query,
      );
      return { ...page, items: page.items.map(viewOf) };
    });
  }

  /** Of those that the officer's agency is in, by name. */
  teams(actor: ActingOfficer, query: PageQuery): Promise<Page<TeamView>> {
    return this.database.asOfficer(actor, (tx) =>
      keysetPage<TeamView>(runIn(tx), { select: TEAMS, keys: ['name', 'id'], casts: { id: 'uuid' } }, query),
    );
  }

  /**
   * Puts a complete agreement in force and creates its team. The same one again changes nothing.
   * @throws Problem 'forbidden', 'manifest-invalid', 'key-not-certified', 'exists-with-other-content', 'idempotency-mismatch'
   */
  async publish(
    actor: ActingOfficer,
    claim: IdempotencyClaim | null,
    { instrument }: PublishAgreement,
  ): Promise<AgreementView> {
    if (!actor.roles.includes('agency-admin')) throw refusal(deny('role-not-entitled'));
    const verified = await verifyAgreement(instrument).catch(asProblem);
    const { agreement } = verified;
    if (!agreement.parties.some(({ agencyId }) => agencyId === actor.agencyId))
      throw refusal(deny('recipient-not-a-party'));
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 4))`, [agreement.agreementId]);
        const [found] = await tx.query<{ same: boolean }[]>(
          `SELECT instrument = $2::jsonb AS same FROM amana.agreement WHERE id = $1`,
          [agreement.agreementId, JSON.stringify(instrument)],
        );
        if (found?.same === false) throw new Problem('exists-with-other-content');
        if (!found) await this.putInForce(tx, actor, verified, instrument);
        const [row] = await tx.query<AgreementRow[]>(`${AGREEMENTS} WHERE id = $1`, [agreement.agreementId]);
        if (!row) throw new Problem('not-found');
        return viewOf(row);
      }),
    );
  }

  private async putInForce(
    tx: Transaction,
    actor: ActingOfficer,
    { agreement, payloadSha256 }: Awaited<ReturnType<typeof verifyAgreement>>,
    instrument: unknown,
  ): Promise<void> {
    await refuseUnknownKeys(tx, agreement);
    await insert(tx, agreement, instrument);
    await this.custody.append(
      tx,
      agreement.parties.map(({ agencyId }) => ({
        visibleTo: agreement.parties.map((party) => party.agencyId),
        statement: {
          kind: 'agreement-in-force',
          chain: { kind: 'agency', id: agencyId },
          actor: actingAs(actor, ['agency-admin']),
          authority: { agreementId: agreement.agreementId },
          hashAfter: payloadSha256,
          result: 'done',
          detail: { validFrom: agreement.validFrom, validUntil: agreement.validUntil },
        },
      })),
    );
  }
}

function runIn(tx: Transaction): RunQuery {
  return <Row>(sql: string, parameters: readonly unknown[]) => tx.query<Row[]>(sql, [...parameters]);
}

function viewOf(row: AgreementRow): AgreementView {
  return { ...row, validFrom: row.validFrom.toISOString(), validUntil: row.validUntil.toISOString() };
}

/** Every party's keys must be those of the statement the directory holds: an agreement brings no new keys in. */
async function refuseUnknownKeys(tx: Transaction, agreement: Agreement): Promise<void> {
  for (const party of agreement.parties) {
    const [agency] = await tx.query<{ statement: unknown }[]>(`SELECT statement FROM amana.agency WHERE id = $1`, [
      party.agencyId,
    ]);
    if (!agency?.statement) throw new Problem('key-not-certified', `${party.name} has no keys in the directory`);
    const { statement } = await verifyAgencyStatement(agency.statement).catch(asProblem);
    const same =
      statement.recipient === party.recipient &&
      statement.recoveryRecipient === party.recoveryRecipient &&
      (await thumbprintOf(statement.signingKey)) === (await thumbprintOf(party.signingKey));
    if (!same) throw new Problem('key-not-certified', `the keys of ${party.name} are not those the directory knows`);
  }
}

/** Agreement, team and members at once: the database lets nobody add a member to a team that is there. */
async function insert(tx: Transaction, agreement: Agreement, instrument: unknown): Promise<void> {
  await tx.query(`SELECT amana.publish_agreement($1, $2, $3, $4, $5, $6, $7, $8)`, [
    agreement.agreementId,
    agreement.title,
    JSON.stringify(instrument),
    agreement.validFrom,
    agreement.validUntil,
    randomUUID(),
    agreement.teamName,
    agreement.parties.map(({ agencyId }) => agencyId),
  ]);
}
