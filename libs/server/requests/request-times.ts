import { Injectable } from '@nestjs/common';
import type { EventKind } from '#domain/custody';
import type { AgencyId, RequestId } from '#domain/evidence';
import { type Instrument, INSTRUMENT_FACTS, type Milestone } from '#domain/requests';
import { Custody, type Entry } from '#server/custody';
import { Database, type Transaction } from '#server/database';
import { faultPoint } from '#server/faults';
import { Outbox } from '#server/outbox';

/** Deadlines told of in one transaction, at most. */
const BATCH = 50;

interface DeadlineRow {
  readonly requestId: RequestId;
  readonly milestone: Milestone;
  readonly dueAt: Date;
  readonly source: string;
  readonly binding: boolean;
  readonly instrument: Instrument;
  readonly fromAgencyId: AgencyId;
  readonly toAgencyId: AgencyId;
}

const COLUMNS = `d.request_id AS "requestId", d.milestone, d.due_at AS "dueAt", d.source, d.binding, r.instrument,
  r.from_agency_id AS "fromAgencyId", r.to_agency_id AS "toAgencyId"`;
/** Whoever changes the request meanwhile is not waited for: it is looked at again the next time. */
const TAKEN = `FROM amana.request_deadline d JOIN amana.evidence_request r ON r.id = d.request_id`;

/**
 * Tells of what is due soon and of what is overdue, each once: the mark on the deadline and the event commit together, or neither does.
 * Several workers may run it at once.
 */
@Injectable()
export class RequestTimes {
  constructor(
    private readonly database: Database,
    private readonly custody: Custody,
    private readonly outbox: Outbox,
  ) {}

  /** Reminds those who have to act. @returns of how many deadlines */
  remind(): Promise<number> {
    return this.database.asPlatform(async (tx) => {
      const rows = await tx.query<DeadlineRow[]>(
        `SELECT ${COLUMNS} ${TAKEN} WHERE d.reminded_at IS NULL AND d.overdue_at IS NULL AND d.ended_at IS NULL AND d.remind_at <= now() AND d.due_at > now()
         ORDER BY d.remind_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
        [BATCH],
      );
      await mark(tx, 'reminded_at', rows);
      const entries = rows.map((row): Entry => entryOf('request-due', row, dutyOf(row), []));
      if (entries.length > 0) await this.custody.append(tx, entries);
      return rows.length;
    });
  }

  /**
   * Tells both agencies, and through a review the oversight of both states, of what was not done in time: also of what was done late, or whose
   * date was moved when it had passed. @returns of how many deadlines
   */
  tellOverdue(): Promise<number> {
    return this.database.asPlatform(async (tx) => {
      const rows = await tx.query<DeadlineRow[]>(
        `SELECT ${COLUMNS} ${TAKEN} WHERE d.overdue_at IS NULL AND d.due_at <= now() AND (d.ended_at IS NULL OR d.ended_at > d.due_at)
         ORDER BY d.due_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
        [BATCH],
      );
      await mark(tx, 'overdue_at', rows);
      await tx.query(`UPDATE amana.evidence_request SET version = version + 1 WHERE id = ANY ($1)`, [
        rows.map(({ requestId }) => requestId),
      ]);
      // First in the register of who should have acted: that event is the one reviewed.
      const entries = rows.flatMap((row) => {
        const sides = [row.fromAgencyId, row.toAgencyId];
        const duty = dutyOf(row);
        return [duty, ...sides.filter((side) => side !== duty)].map((side) =>
          entryOf('request-overdue', row, side, sides),
        );
      });
      if (entries.length === 0) return 0;
      const appended = await this.custody.append(tx, entries);
      for (const [position, { id }] of appended.entries())
        if (position % 2 === 0) await this.outbox.ask(tx, 'review-event', id, { eventId: id });
      faultPoint('before-commit');
      return rows.length;
    });
  }
}

async function mark(
  tx: Transaction,
  column: 'reminded_at' | 'overdue_at',
  rows: readonly DeadlineRow[],
): Promise<void> {
  await tx.query(
    `UPDATE amana.request_deadline d SET ${column} = now() FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS told(request_id, milestone, due_at)
     WHERE d.request_id = told.request_id AND d.milestone = told.milestone AND d.due_at = told.due_at`,
    [rows.map((row) => row.requestId), rows.map((row) => row.milestone), rows.map((row) => row.dueAt)],
  );
}

/** Who has to act. */
function dutyOf({ milestone, instrument, fromAgencyId, toAgencyId }: DeadlineRow): AgencyId {
  const isTheirs = milestone === 'execution' && INSTRUMENT_FACTS[instrument].suppliedBy === 'asking';
  return isTheirs ? fromAgencyId : toAgencyId;
}

function entryOf(kind: EventKind, row: DeadlineRow, register: AgencyId, visibleTo: readonly AgencyId[]): Entry {
  const { requestId, milestone, dueAt, source, binding, instrument } = row;
  const told = kind === 'request-overdue' ? 'was not done in time' : 'is due soon';
  return {
    visibleTo,
    statement: {
      kind,
      chain: { kind: 'agency', id: register },
      actor: { kind: 'platform', component: 'worker' },
      requestId,
      result: kind === 'request-overdue' ? 'failed' : 'done',
      reason: `the ${milestone} of a request, due on ${dueAt.toISOString()} (${source}), ${told}`,
      detail: { instrument, milestone, dueAt: dueAt.toISOString(), source, binding, duty: dutyOf(row) },
    },
  };
}
