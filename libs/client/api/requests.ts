import {
  type AnswerRequest,
  type DraftRequest,
  type RequestFilter,
  RequestSummary,
  RequestView,
} from '#domain/contract';
import type { GrantId, RequestId } from '#domain/evidence';
import type { RequestForm } from '#domain/requests';
import type { Caller } from './caller.js';

/** Requests for evidence: each step rests on the request as it is seen then. */
export function requestCalls(caller: Caller) {
  const at = (id: RequestId) => `/v1/requests/${id}`;
  const step = (id: RequestId, verb: string, json: unknown) =>
    caller.change(RequestView, at(id), { method: 'POST', path: `${at(id)}/${verb}`, json });
  return {
    draft: (json: DraftRequest) => caller.json(RequestView, { method: 'POST', path: '/v1/requests', json }),
    /** The whole form anew, while it is a draft. */
    change: (id: RequestId, form: RequestForm) =>
      caller.change(RequestView, at(id), { method: 'PATCH', path: at(id), json: { form } }),
    list: (filter: RequestFilter = {}) =>
      caller.all(RequestSummary, { method: 'GET', path: '/v1/requests', query: { ...filter, limit: 200 } }),
    show: (id: RequestId) => caller.json(RequestView, { method: 'GET', path: at(id) }),
    /** What is due, as iCalendar. */
    calendar: () => caller.text({ method: 'GET', path: '/v1/requests/calendar', accept: 'text/calendar' }),
    submit: (id: RequestId) => step(id, 'submit', {}),
    acknowledge: (id: RequestId) => step(id, 'acknowledge', {}),
    answer: (id: RequestId, json: AnswerRequest) => step(id, 'answer', json),
    clarify: (id: RequestId, text: string) =>
      caller.json(RequestView, { method: 'POST', path: `${at(id)}/clarifications`, json: { text } }),
    fulfil: (id: RequestId, grantIds: readonly GrantId[]) => step(id, 'fulfilment', { grantIds }),
    close: (id: RequestId) => step(id, 'close', {}),
    withdraw: (id: RequestId, reason: string) => step(id, 'withdraw', { reason }),
  };
}
