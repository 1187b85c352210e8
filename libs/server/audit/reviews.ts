import { Injectable } from '@nestjs/common';
import type { ActingOfficer } from '#domain/authority';
import { deny } from '#domain/authority';
import { type Page, type PageQuery, Problem, type RecordFinding, type ReviewView } from '#domain/contract';
import type { EventKind } from '#domain/custody';
import { mayBecome, REVIEW_TRANSITIONS, type ReviewId, type ReviewState } from '#domain/evidence';
import { refusal } from '#server/authority';
import { Custody } from '#server/custody';
import { Database, readPage, type Transaction } from '#server/database';

type ReviewRow = Omit<ReviewView, 'raisedAt' | 'dueAt'> & { raisedAt: Date; dueAt: Date };

const SELECT = `
  SELECT r.id, r.rule, r.because, r.event_id AS "eventId", r.event_kind AS "eventKind", r.exhibit_id AS "exhibitId", r.state,
    r.claimed_by AS "claimedBy", r.outcome, r.finding, r.raised_at AS "raisedAt", r.due_at AS "dueAt", r.version FROM amana.review r`;

/** The audit queue: reviews that events raised, claimed by one auditor, closed with a finding or dismissed with words. */
@Injectable()
export class Reviews {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
  ) {}

  list(actor: ActingOfficer, query: PageQuery): Promise<Page<ReviewView>> {
    mustBeAuditor(actor);
    return this.database.asOfficer(actor, async (tx) => {
      const page = await readPage<ReviewRow>(
        tx,
        SELECT,
        { at: 'r.raised_at', id: 'r.id' },
        query,
        (row) => row.raisedAt,
      );
      return { items: page.items.map(view), next: page.next };
    });
  }

  /** Takes a review for oneself; of two auditors at once the second is told so. */
  claim(actor: ActingOfficer, id: ReviewId): Promise<ReviewView> {
    return this.change(actor, id, 'claimed', 'review-claimed', async (tx, review) => {
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
  record(actor: ActingOfficer, id: ReviewId, { outcome, text }: RecordFinding): Promise<ReviewView> {
    return this.change(actor, id, outcome, 'review-recorded', async (tx, review) => {
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

  /** Every review the auditor may see, in batches, the newest first; the export is an event, durable before the first line leaves. */
  async *export(actor: ActingOfficer): AsyncGenerator<ReviewView> {
    mustBeAuditor(actor);
    await this.database.asOfficer(actor, (tx) => this.tell(tx, actor, 'audit-exported', null, {}));
    let cursor: string | undefined;
    do {
      const page: Page<ReviewView> = await this.list(actor, { limit: 200, ...(cursor && { cursor }) });
      yield* page.items;
      cursor = page.next ?? undefined;
    } while (cursor);
  }

  private change(
    actor: ActingOfficer,
    id: ReviewId,
    to: ReviewState,
    kind: EventKind,
    work: (tx: Transaction, review: ReviewRow) => Promise<'changed' | 'unchanged'>,
  ): Promise<ReviewView> {
    mustBeAuditor(actor);
    return this.database.asOfficer(actor, async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 3))`, [id]);
      const review = await find(tx, id);
      if ((await work(tx, review)) === 'changed') await this.tell(tx, actor, kind, id, { to });
      return view(await find(tx, id));
    });
  }

  private async tell(
    tx: Transaction,
    actor: ActingOfficer,
    kind: EventKind,
    reviewId: ReviewId | null,
    detail: Record<string, string>,
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

function mustBeAuditor(actor: ActingOfficer): void {
  if (!actor.roles.includes('auditor')) throw refusal(deny('role-not-entitled'));
}

function mustBecome(from: ReviewState, to: ReviewState): void {
  if (!mayBecome(REVIEW_TRANSITIONS, from, to))
    throw new Problem('conflict', `a review that is ${from} cannot become ${to}`);
}

async function find(tx: Transaction, id: ReviewId): Promise<ReviewRow> {
  const [row] = await tx.query<ReviewRow[]>(`${SELECT} WHERE r.id = $1`, [id]);
  if (!row) throw new Problem('not-found');
  return row;
}

function view(row: ReviewRow): ReviewView {
  return { ...row, raisedAt: row.raisedAt.toISOString(), dueAt: row.dueAt.toISOString() };
}
