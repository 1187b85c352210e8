import { Injectable } from '@nestjs/common';
import { type ActingOfficer, decideRequestReading } from '#domain/authority';
import {
  type CalendarQuery,
  type Page,
  Problem,
  type RequestsQuery,
  type RequestSummary,
  type RequestView,
} from '#domain/contract';
import type { RequestId } from '#domain/evidence';
import { type CalendarEntry, calendarOf, INSTRUMENT_FACTS, type Milestone } from '#domain/requests';
import { refusal } from '#server/authority';
import { Database, type Transaction } from '#server/database';
import { requestPage, requestRow, requestView } from './request-rows.js';
import { mustAllow } from './requests.js';

/** What a calendar holds at most; the next due come first. */
const MAX_ENTRIES = 1000;

const TO_DO: Readonly<Record<Milestone, string>> = {
  acknowledgement: 'Acknowledge',
  decision: 'Answer',
  execution: 'Supply the evidence of',
};

interface DueRow {
  readonly id: RequestId;
  readonly milestone: Milestone;
  readonly instrument: keyof typeof INSTRUMENT_FACTS;
  readonly reference: string;
  readonly fromAgencyName: string;
  readonly toAgencyName: string;
  readonly dueAt: Date;
  readonly remindAt: Date;
  readonly source: string;
}

/** Requests as those who handle them, and those who oversee them, read them. */
@Injectable()
export class RequestReadings {
  constructor(private readonly database: Database) {}

  /** @throws Problem 'not-found', 'forbidden' by the rule */
  find(actor: ActingOfficer, id: RequestId): Promise<RequestView> {
    return this.database.asOfficer(actor, async (tx) => {
      const request = await requestRow(tx, id);
      if (!request) throw new Problem('not-found');
      mustAllow({ kind: 'read' }, actor, request, new Date());
      const view = await requestView(tx, id);
      if (!view) throw new Problem('not-found');
      return view;
    });
  }

  /** @throws Problem 'forbidden' by the rule */
  list(actor: ActingOfficer, query: RequestsQuery): Promise<Page<RequestSummary>> {
    const isOverseer = mustReadAsOverseer(actor);
    return this.database.asOfficer(actor, (tx) => requestPage(tx, actor.agencyId, query, isOverseer));
  }

  /** What is due of the requests that the officer may read, as iCalendar (RFC 5545). */
  calendar(actor: ActingOfficer, query: CalendarQuery): Promise<string> {
    mustReadAsOverseer(actor);
    return this.database.asOfficer(actor, async (tx) =>
      calendarOf((await dueRows(tx, actor, query)).map(entryOf), new Date()),
    );
  }
}

/** Whether the officer reads as an overseer alone. @throws Problem 'forbidden' */
function mustReadAsOverseer(actor: ActingOfficer): boolean {
  const decision = decideRequestReading(actor);
  if (!decision.allowed) throw refusal(decision);
  return decision.rule === 'oversight';
}

function dueRows(
  tx: Transaction,
  { agencyId }: ActingOfficer,
  { direction, dueBefore }: CalendarQuery,
): Promise<DueRow[]> {
  return tx.query<DueRow[]>(
    `SELECT q.id, d.milestone, q.instrument, q.reference, f.name AS "fromAgencyName", t.name AS "toAgencyName", d.due_at AS "dueAt",
       d.remind_at AS "remindAt", d.source
     FROM amana.request_deadline d JOIN amana.evidence_request q ON q.id = d.request_id
       JOIN amana.agency f ON f.id = q.from_agency_id JOIN amana.agency t ON t.id = q.to_agency_id
     WHERE NOT d.replaced AND d.ended_at IS NULL AND ($1::timestamptz IS NULL OR d.due_at < $1)
       AND ($2::text IS NULL OR CASE $2 WHEN 'made' THEN q.from_agency_id ELSE q.to_agency_id END = $3)
     ORDER BY d.due_at, q.id, d.milestone LIMIT $4`,
    [dueBefore ?? null, direction ?? null, agencyId, MAX_ENTRIES],
  );
}

/** No more than is needed to know what to open: a calendar leaves the platform. */
function entryOf(row: DueRow): CalendarEntry {
  const { id, milestone, instrument, reference, fromAgencyName, toAgencyName, dueAt, remindAt, source } = row;
  return {
    uid: `${id}-${milestone}@amana`,
    ...{ at: dueAt, remindAt },
    title: `${TO_DO[milestone]}: ${INSTRUMENT_FACTS[instrument].name} ${reference}`,
    details: `From ${fromAgencyName} to ${toAgencyName}; ${source}; request ${id}`,
  };
}
