import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideAgreement, deny } from '#domain/authority';
import { type AgreementDetail, type Page, type PageQuery, Problem } from '#domain/contract';
import type { AgreementId } from '#domain/evidence';
import { verifyAgreement } from '#domain/manifest';
import { refusal } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { asProblem } from './agencies.js';
import { agreementDetail, agreementPage } from './agreement-view.js';
import { PutInForce } from './put-in-force.js';

/** Agreements as their parties see them, and those that come complete. In force only when every party signed, with keys the directory knows. */
@Injectable()
export class Agreements {
  constructor(
    private readonly database: Database,
    private readonly putInForce: PutInForce,
    private readonly idempotency: Idempotency,
  ) {}

  /** Of those that the officer's agency is a party of, or would be one of, by title. */
  list(actor: ActingOfficer, query: PageQuery): Promise<Page<AgreementDetail>> {
    return this.database.asOfficer(actor, (tx) => agreementPage(tx, query));
  }

  /** @throws Problem 'not-found', the same for an agreement of others as for none */
  find(actor: ActingOfficer, id: AgreementId): Promise<AgreementDetail> {
    return this.database.asOfficer(actor, (tx) => mustFind(tx, id));
  }

  /**
   * Puts a complete agreement in force and creates its team. The same one again changes nothing.
   * @throws Problem 'forbidden', 'manifest-invalid', 'key-not-certified', 'exists-with-other-content', 'idempotency-mismatch'
   */
  async publish(actor: ActingOfficer, claim: IdempotencyClaim | null, instrument: unknown): Promise<AgreementDetail> {
    const decision = decideAgreement('bind', actor);
    if (!decision.allowed) throw refusal(decision);
    const verified = await verifyAgreement(instrument).catch(asProblem);
    const { agreement } = verified;
    if (!agreement.parties.some(({ agencyId }) => agencyId === actor.agencyId))
      throw refusal(deny('recipient-not-a-party'));
    if (agreement.version !== undefined)
      throw new Problem('manifest-mismatch', 'an amendment is laid before the parties of what it amends');
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await lockAgreement(tx, agreement.agreementId);
        const [found] = await tx.query<{ same: boolean }[]>(
          `SELECT instrument = $2::jsonb AS same FROM amana.agreement WHERE id = $1`,
          [agreement.agreementId, JSON.stringify(instrument)],
        );
        if (found?.same === false) throw new Problem('exists-with-other-content');
        if (!found) await this.putInForce.first(tx, actor, verified, instrument);
        return mustFind(tx, agreement.agreementId);
      }),
    );
  }
}

/** Of two changes of one agreement at once, the second waits until the first is done. */
export async function lockAgreement(tx: Transaction, id: AgreementId): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 4))`, [id]);
}

/** @throws Problem 'not-found' */
export async function mustFind(tx: Transaction, id: AgreementId): Promise<AgreementDetail> {
  const found = await agreementDetail(tx, id);
  if (!found) throw new Problem('not-found');
  return found;
}
