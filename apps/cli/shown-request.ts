import type { RequestSummary, RequestView } from '#domain/contract';
import { INSTRUMENT_FACTS } from '#domain/requests';
import type { Output } from './output.js';

/** A request with what has become of it, one field a line. */
export function shownRequest(output: Output, request: RequestView): string {
  const { id, state, instrument, reference, urgency, fromAgencyName, toAgencyName, answer } = request;
  const due = request.deadlines.filter(({ endedAt }) => endedAt === null);
  const thread = request.clarifications.map(({ agencyId, text, writtenAt }) => {
    const from = agencyId === request.fromAgencyId ? fromAgencyName : toAgencyName;
    return output.fields({ [`${writtenAt.slice(0, 16)} ${from}`]: text });
  });
  const fields = output.fields({
    request: id,
    state,
    under: INSTRUMENT_FACTS[instrument].name,
    from: fromAgencyName,
    to: toAgencyName,
    reference,
    urgency,
    submitted: request.submittedAt,
    answer: answer?.outcome,
    extent: answer?.extent,
    ground: answer?.ground && `${answer.ground} (${answer.source ?? ''})`,
    because: answer?.because,
    until: answer?.until,
    ...Object.fromEntries(due.map(({ milestone, dueAt, source }) => [`${milestone} due`, `${dueAt}  ${source}`])),
    overdue: overdueOf(request),
    grants: request.grants.length === 0 ? null : request.grants.map(({ grantId }) => grantId).join(' '),
    withdrawn: request.withdrawal,
  });
  return [fields, ...thread].join('\n');
}

/** Requests under a heading, with what is due next. */
export function shownRequests(output: Output, requests: readonly RequestSummary[]): string {
  if (requests.length === 0) return 'No requests';
  return output.table(
    ['request', 'state', 'under', 'from', 'to', 'due next', 'reference'],
    requests.map((request) => {
      const next = request.deadlines.find(({ endedAt }) => endedAt === null);
      const due = next === undefined ? null : `${next.dueAt.slice(0, 16)} ${next.milestone}`;
      const late = overdueOf(request) === null ? '' : ' OVERDUE';
      const { id, state, instrument, fromAgencyName, toAgencyName, reference } = request;
      return [id, state, instrument, fromAgencyName, toAgencyName, due === null ? null : due + late, reference];
    }),
  );
}

/** What was not done in time and still is not. */
function overdueOf({ deadlines }: RequestSummary): string | null {
  const late = deadlines.filter(({ endedAt, overdueAt }) => endedAt === null && overdueAt !== null);
  return late.length === 0 ? null : late.map(({ milestone }) => milestone).join(', ');
}
