import { Inject, Injectable } from '@nestjs/common';
import { CustodyEvent } from '#domain/custody';
import { type EventId, ReviewId } from '#domain/evidence';
import { CONFIG, type Config } from '#server/config';
import type { Transaction } from '#server/database';
import { randomUUID } from 'node:crypto';
import { type ReviewContext, REVIEWED_KINDS, reviewsRaisedBy } from './rules.js';

/** How long an auditor has before a review is overdue, in hours. */
const DUE_AFTER_HOURS = 72;

/** Looks at one event and raises the reviews its facts call for; the queue brings it here, Postgres keeps what comes of it. */
@Injectable()
export class RaiseReviews {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Idempotent: a rule raises one review an event, however often it is delivered. */
  async ofEvent(tx: Transaction, eventId: EventId): Promise<void> {
    const [row] = await tx.query<{ body: Buffer | null; states: string[] }[]>(
      `SELECT body, states FROM amana.custody_event WHERE id = $1`,
      [eventId],
    );
    if (!row?.body) return;
    const event = CustodyEvent.parse(JSON.parse(row.body.toString('utf8')));
    if (!REVIEWED_KINDS.includes(event.kind)) return;
    for (const { rule, because } of reviewsRaisedBy(event, await this.contextOf(tx, event))) {
      await tx.query(
        `INSERT INTO amana.review (id, rule, event_id, event_kind, exhibit_id, states, because, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(hours => $8)) ON CONFLICT (rule, event_id) DO NOTHING`,
        [
          ReviewId.parse(randomUUID()),
          rule,
          event.id,
          event.kind,
          event.exhibitId ?? null,
          row.states,
          because,
          DUE_AFTER_HOURS,
        ],
      );
    }
  }

  private async contextOf(tx: Transaction, event: CustodyEvent): Promise<ReviewContext> {
    const { actor } = event;
    const officerId = actor.kind === 'officer' ? actor.officerId : null;
    const agencyId = actor.kind === 'officer' ? actor.agencyId : null;
    const [row] = await tx.query<Omit<ReviewContext, 'officeHours'>[]>(
      `SELECT c.state AS "counterpartState",
         -- A share is what the recipient accepted: what was refused, withdrawn or left to run out silences nothing.
         EXISTS (SELECT FROM amana.evidence_grant g JOIN amana.agency t ON t.id = g.to_agency_id
           WHERE g.from_agency_id = $1 AND t.state = c.state AND g.id IS DISTINCT FROM $3 AND g.proposed_at < $4
             AND g.undertaking IS NOT NULL) AS "sharedWithStateBefore",
         (SELECT count(*)::int FROM amana.retrieval r WHERE r.officer_id = $5 AND r.authorised_at > $4::timestamptz - interval '1 hour' AND r.authorised_at <= $4::timestamptz + interval '1 minute') AS "retrievalsInTheHour",
         EXISTS (SELECT FROM amana.officer o WHERE o.id = $5 AND 'agency-admin' = ANY (o.roles)) AS "actorIsAdministrator",
         EXISTS (SELECT FROM amana.exhibit e WHERE e.id = $6 AND e.agency_id = $1) AS "ownCase"
       FROM (SELECT (SELECT state FROM amana.agency WHERE id = $2) AS state) c`,
      [
        agencyId,
        event.counterpart?.agencyId ?? null,
        event.authority?.grantId ?? null,
        event.at,
        officerId,
        event.exhibitId ?? null,
      ],
    );
    if (!row) throw new Error('the context query returns one row');
    return { ...row, officeHours: this.config.officeHours };
  }
}
