import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideReview, type Denial } from '#domain/authority';
import { type Page, type PageQuery, Problem, type RecordFinding, type ReviewView } from '#domain/contract';
import type { EventKind } from '#domain/custody';
import { mayBecome, REVIEW_TRANSITIONS, type ReviewId, type ReviewState } from '#domain/evidence';
import { Authority, denialOf, refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { Idempotency, type IdempotencyClaim } from '#server/idempotency';
import { placeOf, type ReviewRow, reviewPage, reviewRow, reviewView, whoActed } from './review-view.js';

/** A change of a review by an auditor: the version it rests on, and the key under which it may be sent again. */
export interface ReviewChange {
  readonly claim: IdempotencyClaim | null;
  readonly version: number;
}

/** The audit queue: reviews that events raised, claimed by one auditor, closed with a finding or dismissed with words. */
@Injectable()
export class Reviews {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly authority: Authority,
    private readonly idempotency: Idempotency,
  ) {}

  /** What is overdue first, then the newest. Reading the queue is an event, durable before the answer. */
  async list(actor: ActingOfficer, query: PageQuery): Promise<Page<ReviewView>> {
    await this.mustBeAuditor(actor, 'reviews');
    return this.database.asOfficer(actor, async (tx) => {
      const page = await reviewPage(tx, query);
      await this.tell(tx, actor, 'record-read', null, { what: 'reviews', reviews: page.items.length });
      return page;
    });
  }

  /** One review; reading it is an event. @throws Problem 'not-found', 'forbidden' by the rule */
  async find(actor: ActingOfficer, id: ReviewId): Promise<ReviewView> {
    await this.mustBeAuditor(actor, 'review');
    return this.database.asOfficer(actor, async (tx) => {
      const review = await mustFind(tx, id);
      await this.tell(tx, actor, 'record-read', id, { what: 'review' });
      return reviewView(review);
    });
  }

  /** Takes a review for oneself; of two auditors at once the second is told so. Nobody reviews what they did themselves. */
  claim(actor: ActingOfficer, id: ReviewId, change: ReviewChange): Promise<ReviewView> {
    return this.change(actor, id, 'claimed', 'review-claimed', change, async (tx, review) => {
      if (review.claimedBy === actor.officerId && review.state === 'claimed') return 'unchanged';
      mustBecome(review.state, 'claimed');
      await tx.query(
        `UPDATE amana.review SET state = 'claimed', claimed_by = $2, version = version + 1 WHERE id = $1`,
        [id, actor.officerId],
      );
      return 'changed';
    });
  }

  /** Records what the auditor concluded and closes the review. Only who claimed it may. */
  record(
    actor: ActingOfficer,
    id: ReviewId,
    change: ReviewChange,
    { outcome, text }: RecordFinding,
  ): Promise<ReviewView> {
    return this.change(actor, id, outcome, 'review-recorded', change, async (tx, review) => {
      mustBecome(review.state, outcome);
      if (review.claimedBy !== actor.officerId)
        throw new Problem('conflict', 'the review is claimed by another auditor');
      await tx.query(
        `UPDATE amana.review SET state = 'closed', outcome = $2, finding = $3, version = version + 1 WHERE id = $1`,
        [id, outcome, text],
      );
      return 'changed';
    });
  }

  /** Every review the auditor may see, in batches; the export is an event, durable before the first line leaves. */
  async *export(actor: ActingOfficer): AsyncGenerator<ReviewView> {
    await this.mustBeAuditor(actor, 'export-reviews');
    await this.database.asOfficer(actor, (tx) => this.tell(tx, actor, 'audit-exported', null, {}));
    let cursor: string | undefined;
    do {
      const query = { limit: 200, ...(cursor && { cursor }) };
      const page: Page<ReviewView> = await this.database.asOfficer(actor, (tx) => reviewPage(tx, query));
      yield* page.items;
      cursor = page.next ?? undefined;
    } while (cursor);
  }

  private async change(
    actor: ActingOfficer,
    id: ReviewId,
    to: ReviewState,
    kind: EventKind,
    { claim, version }: ReviewChange,
    work: (tx: Transaction, review: ReviewRow) => Promise<'changed' | 'unchanged'>,
  ): Promise<ReviewView> {
    await this.mustBeAuditor(actor, kind);
    const changing = this.database.asOfficer(actor, (tx) =>
      this.idempotency.once(tx, actor.officerId, claim, async () => {
        await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 3))`, [id]);
        const review = await mustFind(tx, id);
        const decision = decideReview(actor, await whoActed(tx, review.eventId));
        if (!decision.allowed) throw refusal(decision);
        if (review.version !== version) throw new Problem('precondition-failed');
        if ((await work(tx, review)) === 'changed') await this.tell(tx, actor, kind, id, { to });
        return reviewView(await mustFind(tx, id));
      }),
    );
    return changing.catch(async (error: unknown) => {
      const denial = denialOf(error);
      throw denial ? await this.refused(actor, id, kind, denial) : error;
    });
  }

  /** A refusal goes on the record in a transaction of its own, where the event stands that the review is about. */
  private async refused(actor: ActingOfficer, id: ReviewId, act: string, denial: Denial): Promise<Problem> {
    const place = await this.database.asOfficer(actor, (tx) => placeOf(tx, id));
    return this.authority.refuse(actor, act, denial, place);
  }

  private async mustBeAuditor(actor: ActingOfficer, act: string): Promise<void> {
    const decision = decideReview(actor, null);
    if (!decision.allowed) throw await this.authority.refuse(actor, act, decision, null);
  }

  private async tell(
    tx: Transaction,
    actor: ActingOfficer,
    kind: EventKind,
    reviewId: ReviewId | null,
    detail: Record<string, string | number>,
  ): Promise<void> {
    await this.custody.append(tx, [
      {
        visibleTo: [],
        statement: {
          kind,
          chain: { kind: 'agency', id: actor.agencyId },
          actor: { kind: 'officer', officerId: actor.officerId, agencyId: actor.agencyId, role: 'auditor' },
          ...(reviewId && { reviewId }),
          result: 'done',
          detail,
        },
      },
    ]);
  }
}

function mustBecome(from: ReviewState, to: ReviewState): void {
  if (!mayBecome(REVIEW_TRANSITIONS, from, to))
    throw new Problem('conflict', `a review that is ${from} cannot become ${to}`);
}

async function mustFind(tx: Transaction, id: ReviewId): Promise<ReviewRow> {
  const review = await reviewRow(tx, id);
  if (!review) throw new Problem('not-found');
  return review;
}
