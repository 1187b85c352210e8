import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideAgreement } from '#domain/authority';
import { type AgreementDetail, Problem, type SignAgreement } from '#domain/contract';
import type { EventKind } from '#domain/custody';
import { type AgreementId, mayBecome, type Stance, STANCE_TRANSITIONS } from '#domain/evidence';
import { type AgreementWord, checkAgreement, instrumentOf, verifyAgreementWord } from '#domain/manifest';
import { refusal } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { Idempotency, mustStillBe } from '#server/idempotency';
import { asProblem } from './agencies.js';
import { AgreementRecord } from './agreement-record.js';
import { keptSignatures } from './agreement-view.js';
import { lockAgreement, mustFind } from './agreements.js';
import type { AgreementChange } from './negotiations.js';
import { currentKeysOf, refuseUnknownKeys } from './party-keys.js';
import { PutInForce } from './put-in-force.js';

const ACTS: Readonly<Record<AgreementWord['act'], { readonly to: Stance; readonly kind: EventKind }>> = {
  suspend: { to: 'suspended', kind: 'agreement-suspended' },
  resume: { to: 'standing', kind: 'agreement-resumed' },
  end: { to: 'ended', kind: 'agreement-ended' },
};

/** What agencies bind themselves by, each under its own key: signatures, one at a time, and words on what they signed. */
@Injectable()
export class PartyWords {
  constructor(
    private readonly database: Database,
    private readonly record: AgreementRecord,
    private readonly putInForce: PutInForce,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * The own agency's signature on the text on the table. With the last one it is in force, once its time has come.
   * @throws Problem 'forbidden' by the rule, 'not-found', 'precondition-failed', 'conflict', 'manifest-invalid', 'manifest-mismatch',
   *   'key-not-certified'
   */
  sign(
    actor: ActingOfficer,
    id: AgreementId,
    change: AgreementChange,
    { signature }: SignAgreement,
  ): Promise<AgreementDetail> {
    return this.bind(actor, id, change, async (tx, seen) => {
      const { draft } = seen;
      if (draft === null) throw new Problem('conflict', 'there is no text on the table');
      const kept = await keptSignatures(tx, id, draft.revision);
      const signatures = [...kept, { agencyId: actor.agencyId, ...signature }];
      const payloadBytes = Buffer.from(draft.payload, 'base64');
      const instrument = instrumentOf(
        payloadBytes,
        signatures.map((one) => ({ protected: one.protected, signature: one.signature })),
      );
      const checked = await checkAgreement(instrument).catch(asProblem);
      if (checked.signedBy.at(-1) !== actor.agencyId)
        throw new Problem('manifest-mismatch', 'the signature is that of another party');
      if (new Date(checked.agreement.validUntil) <= new Date())
        throw new Problem('conflict', 'the time of this text is over');
      await refuseUnknownKeys(tx, checked.agreement.parties);
      const isComplete = checked.missing.length === 0;
      await tx.query(
        `UPDATE amana.agreement_text SET signatures = $3, completed_at = CASE WHEN $4 THEN now() END WHERE agreement_id = $1 AND revision = $2`,
        [id, draft.revision, JSON.stringify(signatures), isComplete],
      );
      await this.record.tell(tx, actor, 'agreement-signed', {
        agreementId: id,
        parties: checked.agreement.parties.map(({ agencyId }) => agencyId),
        hashAfter: checked.payloadSha256,
        detail: { revision: draft.revision, missing: checked.missing.length },
      });
      if (!isComplete) return;
      if (draft.predecessor === null) await this.putInForce.first(tx, actor, checked, instrument);
      else await this.putInForce.amendment(tx, actor, checked, instrument, seen);
    });
  }

  /**
   * The own agency's word on what is in force, for its own part, at once: downloads under it stop. By the key that the agency has now, also
   * where the agreement still lists the one before: nobody is held to an agreement by a key they lost.
   * @throws Problem as `sign`
   */
  say(
    actor: ActingOfficer,
    id: AgreementId,
    act: AgreementWord['act'],
    change: AgreementChange,
    word: unknown,
  ): Promise<AgreementDetail> {
    return this.bind(actor, id, change, async (tx, seen) => {
      if (seen.instrument === null) throw new Problem('conflict', 'nothing is in force');
      if (seen.state === 'ended') throw new Problem('conflict', 'the agreement has ended');
      const keys = await currentKeysOf(tx, actor.agencyId);
      const { statement: said, payloadSha256 } = await verifyAgreementWord(word, [keys]).catch(asProblem);
      const mine = seen.parties.find(({ agencyId }) => agencyId === actor.agencyId);
      if (!mine) throw new Problem('not-found');
      if (said.agencyId !== actor.agencyId || said.agreementId !== id || said.act !== act)
        throw new Problem('manifest-mismatch', 'the word is not this one of the agency on this agreement');
      if (said.agreementSha256 !== seen.payloadSha256 || said.previous !== mine.wordSha256)
        throw new Problem('manifest-mismatch', 'the word does not follow what is in force and was said before');
      const { to, kind } = ACTS[act];
      if (!mayBecome(STANCE_TRANSITIONS, mine.stance, to))
        throw new Problem('conflict', `a party whose part is ${mine.stance} cannot ${act} it`);
      await tx.query(
        `INSERT INTO amana.agreement_stance (agreement_id, agency_id, stance, reason, statement, statement_sha256)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (agreement_id, agency_id) DO UPDATE
         SET stance = excluded.stance, reason = excluded.reason, statement = excluded.statement, statement_sha256 = excluded.statement_sha256, since = now()`,
        [id, actor.agencyId, to, said.reason, JSON.stringify(word), Buffer.from(payloadSha256, 'hex')],
      );
      const { state } = await mustFind(tx, id);
      await this.record.tell(tx, actor, kind, {
        agreementId: id,
        parties: seen.parties.map(({ agencyId }) => agencyId),
        hashBefore: said.agreementSha256,
        hashAfter: payloadSha256,
        reason: said.reason,
        detail: { state },
      });
    });
  }

  private async bind(
    actor: ActingOfficer,
    id: AgreementId,
    { claim, expected }: AgreementChange,
    work: (tx: Transaction, seen: AgreementDetail) => Promise<void>,
  ): Promise<AgreementDetail> {
    const decision = decideAgreement('bind', actor);
    if (!decision.allowed) throw refusal(decision);
    return this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await lockAgreement(tx, id);
        const seen = await mustFind(tx, id);
        mustStillBe(seen, expected);
        await work(tx, seen);
        return mustFind(tx, id);
      }),
    );
  }
}
