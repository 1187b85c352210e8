import type { ProblemCode } from '#domain/contract';
import type { OperationNote } from './operation-note.js';

const CHANGE: readonly ProblemCode[] = ['forbidden', 'conflict'];

/** Operations of requests for evidence. */
export const REQUEST_OPERATIONS: Readonly<Record<string, OperationNote>> = {
  'RequestsController.draft': {
    id: 'draftRequest',
    summary: 'Drafts a request for evidence, on the form of its instrument',
    problems: ['forbidden', 'not-found'],
    tagged: true,
  },
  'RequestsController.list': {
    id: 'listRequests',
    summary: 'Requests made and received, those drafted last first',
    problems: ['forbidden'],
  },
  'RequestsController.calendar': {
    id: 'getRequestCalendar',
    summary: 'What is due of requests, as iCalendar (RFC 5545)',
    problems: ['forbidden'],
    download: 'calendar',
  },
  'RequestsController.find': {
    id: 'getRequest',
    summary: 'A request with its form, answer, thread and grants',
    problems: ['forbidden'],
    tagged: true,
  },
  'RequestsController.change': {
    id: 'changeRequest',
    summary: 'Gives a draft another form',
    problems: CHANGE,
    tagged: true,
  },
  'RequestsController.submit': {
    id: 'submitRequest',
    summary: 'Submits a draft to the authority asked; its periods run from now on',
    problems: CHANGE,
    tagged: true,
  },
  'RequestsController.acknowledge': {
    id: 'acknowledgeRequest',
    summary: 'Acknowledges receipt',
    problems: CHANGE,
    tagged: true,
  },
  'RequestsController.answer': {
    id: 'answerRequest',
    summary: 'Grants a request wholly or in part, refuses or postpones it, on a ground that its instrument lists',
    problems: CHANGE,
    tagged: true,
  },
  'RequestsController.clarify': {
    id: 'clarifyRequest',
    summary: 'Asks or explains something in the thread of a request',
    problems: CHANGE,
    tagged: true,
  },
  'RequestsController.fulfil': {
    id: 'fulfilRequest',
    summary: 'Names the approved grants that fulfil a request',
    problems: CHANGE,
    tagged: true,
  },
  'RequestsController.close': {
    id: 'closeRequest',
    summary: 'Closes a request that was fulfilled or refused',
    problems: CHANGE,
    tagged: true,
  },
  'RequestsController.withdraw': {
    id: 'withdrawRequest',
    summary: 'Withdraws a request that is no longer needed, or a draft',
    problems: CHANGE,
    tagged: true,
  },
};
