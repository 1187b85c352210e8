import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type ActingOfficer } from '#domain/authority';
import { type AgreementDetail, Problem } from '#domain/contract';
import { AGREEMENT_TRANSITIONS, mayBecome } from '#domain/evidence';
import { type CheckedAgreement, versionOf } from '#domain/manifest';
import { sqlStateOf, type Transaction, UNIQUE_VIOLATION } from '#server/database';
import { AgreementRecord } from './agreement-record.js';
import { agreementDetail } from './agreement-view.js';
import { refuseUnknownKeys } from './party-keys.js';

/** What the database says when another text is in force than the one an amendment names. */
const ANOTHER_IN_FORCE = 'AM002';

/** Puts what every party has signed in force: at once, and all of it, or not at all. */
@Injectable()
export class PutInForce {
  constructor(private readonly record: AgreementRecord) {}

  /**
   * A first text: with it comes its team.
   * @param checked complete
   * @throws Problem 'key-not-certified', 'exists-with-other-content'
   */
  async first(tx: Transaction, actor: ActingOfficer, checked: CheckedAgreement, instrument: unknown): Promise<void> {
    const { agreement, payloadSha256 } = checked;
    await refuseUnknownKeys(tx, agreement.parties);
    const parties = agreement.parties.map(({ agencyId }) => agencyId);
    const { agreementId, title, teamName, validFrom, validUntil } = agreement;
    try {
      // Agreement, team and members at once: the database lets nobody add a member to a team that is there.
      await tx.query(`SELECT amana.publish_agreement($1, $2, $3, $4, $5, $6, $7, $8)`, [
        ...[agreementId, title, JSON.stringify(instrument), validFrom, validUntil, randomUUID(), teamName, parties],
      ]);
    } catch (error) {
      if (sqlStateOf(error) === UNIQUE_VIOLATION) throw new Problem('exists-with-other-content');
      throw error;
    }
    const detail = { validFrom, validUntil };
    await this.record.tell(tx, actor, 'agreement-in-force', {
      ...{ agreementId, parties, hashAfter: payloadSha256, detail },
    });
  }

  /**
   * An amendment, in the place of the text it names. What it no longer carries ends with it.
   * @param before as the last signer saw it
   * @throws Problem 'key-not-certified', 'conflict' when another text is in force, or the life cycle does not allow what it brings
   */
  async amendment(
    tx: Transaction,
    actor: ActingOfficer,
    { agreement, payloadSha256 }: CheckedAgreement,
    instrument: unknown,
    before: AgreementDetail,
  ): Promise<void> {
    const { agreementId, predecessor = '' } = agreement;
    await refuseUnknownKeys(tx, agreement.parties);
    const parties = agreement.parties.map(({ agencyId }) => agencyId);
    try {
      await tx.query(`SELECT amana.amend_agreement($1, $2, $3)`, [agreementId, JSON.stringify(instrument), parties]);
    } catch (error) {
      if (sqlStateOf(error) === ANOTHER_IN_FORCE)
        throw new Problem('conflict', 'another text is in force than it amends');
      throw error;
    }
    const after = await agreementDetail(tx, agreementId);
    if (!after) throw new Problem('not-found');
    if (before.state !== after.state && !mayBecome(AGREEMENT_TRANSITIONS, before.state, after.state))
      throw new Problem(
        'conflict',
        `an agreement that is ${before.state} cannot become ${after.state} by an amendment`,
      );
    const told = [...new Set([...before.parties.map(({ agencyId }) => agencyId), ...parties])];
    await this.record.tell(tx, actor, 'agreement-amended', {
      ...{ agreementId, parties: told, hashBefore: predecessor, hashAfter: payloadSha256 },
      detail: { version: versionOf(agreement), validFrom: agreement.validFrom, validUntil: agreement.validUntil },
    });
  }
}
