import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideAgreement, deny } from '#domain/authority';
import { type AgreementDetail, type AgreementText, Problem } from '#domain/contract';
import type { AgencyId, AgreementId } from '#domain/evidence';
import { type CheckedAgreement, type Agreement, layDown, readAgreement, requireAmendmentOf } from '#domain/manifest';
import { refusal } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim, mustStillBe } from '#server/idempotency';
import { asProblem } from './agencies.js';
import { AgreementRecord } from './agreement-record.js';
import { lockAgreement, mustFind } from './agreements.js';
import { refuseUnknownKeys } from './party-keys.js';

/** A change of an agreement: what its sender saw of it, and the key under which it may be sent again. */
export interface AgreementChange {
  readonly claim: IdempotencyClaim | null;
  /** Entity tag of the agreement that was seen. */
  readonly expected: string;
}

type LaidDown = Pick<CheckedAgreement, 'agreement' | 'payloadBytes' | 'payloadSha256'>;

/** Texts laid before the parties. Each is kept with who drafted it; the last is the one on the table, and binds nobody until all have signed. */
@Injectable()
export class Negotiations {
  constructor(
    private readonly database: Database,
    private readonly record: AgreementRecord,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * A first text of a new agreement. The same again changes nothing.
   * @throws Problem 'forbidden' by the rule, 'manifest-invalid', 'key-not-certified', 'exists-with-other-content', 'idempotency-mismatch'
   */
  async begin(actor: ActingOfficer, claim: IdempotencyClaim | null, draft: unknown): Promise<AgreementDetail> {
    const laid = mustBeDrafted(actor, draft);
    const { agreementId, version } = laid.agreement;
    if (version !== undefined) throw new Problem('manifest-mismatch', 'a first text has no version before it');
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await lockAgreement(tx, agreementId);
        const [known] = await tx.query<{ revision: number | null; mine: boolean }[]>(
          `SELECT amana.last_revision($1) AS revision, EXISTS (SELECT FROM amana.agreement WHERE id = $1) AS mine`,
          [agreementId],
        );
        if (known?.mine || known?.revision) {
          const there = await mustFind(tx, agreementId).catch(() => null);
          if (there?.draft?.payloadSha256 === laid.payloadSha256) return there;
          throw new Problem('exists-with-other-content');
        }
        await this.layBefore(tx, actor, laid, { revision: 1, told: partiesOf(laid.agreement) });
        return mustFind(tx, agreementId);
      }),
    );
  }

  /**
   * Another text in the place of the one on the table: what was signed of that one counts no more.
   * @throws Problem 'not-found', 'precondition-failed', 'conflict' with nothing on the table, and as `begin`
   */
  revise(actor: ActingOfficer, id: AgreementId, expected: string, draft: unknown): Promise<AgreementDetail> {
    return this.change(actor, id, { claim: null, expected }, draft, async (tx, seen, laid) => {
      const { draft: before } = seen;
      if (before === null) throw new Problem('conflict', 'there is no text on the table');
      if (before.payloadSha256 === laid.payloadSha256) return;
      if (seen.instrument === null && before.predecessor !== null)
        throw new Problem('conflict', 'who is not a party yet signs an amendment, or does not, and words none');
      if (seen.instrument !== null) mustAmend(seen, laid);
      else if (laid.agreement.version !== undefined)
        throw new Problem('manifest-mismatch', 'a first text has no version before it');
      const told = [...new Set([...before.signedBy, ...before.missing, ...partiesOf(laid.agreement)])];
      await this.layBefore(tx, actor, laid, { revision: before.revision + 1, told, before });
    });
  }

  /**
   * A text that would take the place of the one in force, which goes on until every party has signed.
   * @throws Problem 'manifest-invalid' for one that amends another text, and as `revise`
   */
  amend(actor: ActingOfficer, id: AgreementId, change: AgreementChange, draft: unknown): Promise<AgreementDetail> {
    return this.change(actor, id, change, draft, async (tx, seen, laid) => {
      if (seen.instrument === null) throw new Problem('conflict', 'nothing is in force to be amended');
      if (seen.draft !== null) throw new Problem('conflict', 'a text is on the table; revise that one');
      if (seen.state === 'ended') throw new Problem('conflict', 'the agreement has ended');
      mustAmend(seen, laid);
      const [last] = await tx.query<{ revision: number | null }[]>(`SELECT amana.last_revision($1) AS revision`, [id]);
      const told = [...new Set([...seen.parties.map(({ agencyId }) => agencyId), ...partiesOf(laid.agreement)])];
      await this.layBefore(tx, actor, laid, { revision: (last?.revision ?? 0) + 1, told });
    });
  }

  private async change(
    actor: ActingOfficer,
    id: AgreementId,
    { claim, expected }: AgreementChange,
    draft: unknown,
    work: (tx: Transaction, seen: AgreementDetail, laid: LaidDown) => Promise<void>,
  ): Promise<AgreementDetail> {
    const laid = mustBeDrafted(actor, draft);
    if (laid.agreement.agreementId !== id) throw new Problem('manifest-mismatch', 'the text is of another agreement');
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await lockAgreement(tx, id);
        const seen = await mustFind(tx, id);
        mustStillBe(seen, expected);
        if (seen.parties.some(({ agencyId, stance }) => agencyId === actor.agencyId && stance === 'ended'))
          throw refusal(deny('agreement-not-in-force'));
        await work(tx, seen, laid);
        return mustFind(tx, id);
      }),
    );
  }

  private async layBefore(
    tx: Transaction,
    actor: ActingOfficer,
    { agreement, payloadBytes, payloadSha256 }: LaidDown,
    { revision, told, before }: { revision: number; told: readonly AgencyId[]; before?: AgreementText },
  ): Promise<void> {
    await refuseUnknownKeys(tx, agreement.parties);
    const { agreementId, predecessor } = agreement;
    await tx.query(
      `INSERT INTO amana.agreement_text (agreement_id, revision, parties, payload, predecessor, drafted_by, agency_id)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        ...[agreementId, revision, partiesOf(agreement), Buffer.from(payloadBytes)],
        ...[predecessor === undefined ? null : Buffer.from(predecessor, 'hex'), actor.officerId, actor.agencyId],
      ],
    );
    await this.record.tell(tx, actor, 'agreement-drafted', {
      ...{ agreementId, parties: told, hashAfter: payloadSha256 },
      ...(before && { hashBefore: before.payloadSha256 }),
      detail: { revision, amends: predecessor !== undefined },
    });
  }
}

/** @throws Problem 'forbidden' by the rule, 'manifest-invalid' with every fault */
function mustBeDrafted(actor: ActingOfficer, draft: unknown): LaidDown {
  const decision = decideAgreement('draft', actor);
  if (!decision.allowed) throw refusal(decision);
  const laid = read(() => layDown(draft));
  if (!partiesOf(laid.agreement).includes(actor.agencyId)) throw refusal(deny('recipient-not-a-party'));
  return laid;
}

/** @throws Problem 'manifest-invalid' for a text that does not amend the one in force */
function mustAmend(seen: AgreementDetail, laid: LaidDown): void {
  read(() => {
    const endedFor = seen.parties.filter(({ stance }) => stance === 'ended').map(({ agencyId }) => agencyId);
    const { statement: agreement, payloadSha256 } = readAgreement(seen.instrument);
    requireAmendmentOf({ agreement, payloadSha256, endedFor }, laid);
  });
}

function read<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return asProblem(error);
  }
}

function partiesOf({ parties }: Agreement): AgencyId[] {
  return parties.map(({ agencyId }) => agencyId);
}
