import type { ProblemCode } from '#domain/contract';
import { ETAG, problemAnswers } from './answers.js';
import { IDEMPOTENCY_KEY, IF_MATCH, IF_RANGE, PART_HEADERS, RANGE } from './headers.js';
import type { OperationNote } from './operation-note.js';
import type { OperationObject, ParameterObject, ResponseObject, SchemaObject } from './shapes.js';

/** What the handler of an operation takes and who may call it, as its decorators say. */
export interface HandlerFacts {
  readonly isOpen: boolean;
  /** Whether it is for officers of some standing alone. */
  readonly asksForStanding: boolean;
  /** Whether some of its requests ask for a fresh sign-in. */
  readonly asksForFreshSignIn: boolean;
  readonly idempotencyKey: boolean;
  readonly ifMatch: boolean;
}

const BINARY: SchemaObject = { type: 'string', contentMediaType: 'application/octet-stream' };
const DOWNLOAD_TYPES: Readonly<Record<NonNullable<OperationNote['download']>, readonly string[]>> = {
  evidence: ['application/octet-stream'],
  text: ['text/plain'],
  log: ['application/octet-stream'],
  export: ['application/jsonl', 'text/csv'],
  page: ['text/html'],
  calendar: ['text/calendar'],
};

/** An operation as the generator left it, with its name, its error answers, and the header fields of both directions. */
export function describeOperation(found: OperationObject, note: OperationNote, facts: HandlerFacts): OperationObject {
  const { requestBody: _, ...rest } = found;
  const requestBody = note.part ? partBody : found.requestBody;
  return {
    ...rest,
    operationId: note.id,
    summary: note.summary,
    parameters: [...found.parameters, ...headersOf(note, facts)],
    ...(requestBody && { requestBody }),
    responses: { ...successes(found, note), ...problemAnswers(problemsOf(found, note, facts)) },
    security: facts.isOpen ? [] : [{ dpop: [] }],
  };
}

const partBody = { required: true, content: { 'application/octet-stream': { schema: BINARY } } };

function headersOf({ download, part }: OperationNote, { idempotencyKey, ifMatch }: HandlerFacts): ParameterObject[] {
  return [
    ...(idempotencyKey ? [IDEMPOTENCY_KEY] : []),
    ...(ifMatch ? [IF_MATCH] : []),
    ...(download === 'evidence' ? [RANGE, IF_RANGE] : []),
    ...(part ? PART_HEADERS : []),
  ];
}

function successes({ responses }: OperationObject, note: OperationNote): Record<string, ResponseObject> {
  const found = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const described = found.map(([status, answer]): [string, ResponseObject] => [status, success(answer, note)]);
  if (note.download !== 'evidence') return Object.fromEntries(described);
  const whole = described[0]?.[1] ?? { description: 'The bytes' };
  const contentRange = { description: '`bytes first-last/size`', schema: { type: 'string' } };
  const part = { ...whole, description: 'The range', headers: { ...whole.headers, 'Content-Range': contentRange } };
  return { ...Object.fromEntries(described), '206': part };
}

function success(answer: ResponseObject, { download, tagged }: OperationNote): ResponseObject {
  const acceptRanges = { description: '`bytes`', schema: { type: 'string' } };
  const headers = {
    ...answer.headers,
    ...((tagged ?? download === 'evidence') ? { ETag: ETAG } : {}),
    ...(download === 'evidence' && { 'Accept-Ranges': acceptRanges }),
  };
  const types = download ? DOWNLOAD_TYPES[download] : [];
  return {
    ...answer,
    description: answer.description || 'Done',
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(types.length > 0 && { content: Object.fromEntries(types.map((type) => [type, { schema: schemaOf(type) }])) }),
  };
}

function schemaOf(type: string): SchemaObject {
  return type === 'application/octet-stream' ? BINARY : { type: 'string' };
}

/** What every request of this form may be refused for, and what this operation says of itself. */
function problemsOf(
  { parameters, requestBody }: OperationObject,
  { problems = [] }: OperationNote,
  { isOpen, asksForStanding, asksForFreshSignIn, idempotencyKey, ifMatch }: HandlerFacts,
): ProblemCode[] {
  const takes = (place: ParameterObject['in']) => parameters.some((parameter) => parameter.in === place);
  const when = (holds: boolean, ...codes: ProblemCode[]) => (holds ? codes : []);
  return [
    ...(['malformed-request', 'not-acceptable', 'request-timeout', 'too-many-requests'] as const),
    ...(['headers-too-large', 'internal', 'unavailable'] as const),
    ...when(!isOpen, 'unauthenticated', 'unknown-field'),
    ...when(asksForStanding, 'forbidden'),
    ...when(asksForFreshSignIn, 'insufficient-user-authentication'),
    ...when(takes('path'), 'not-found'),
    ...when(
      parameters.some(({ name }) => name === 'limit'),
      'page-size',
    ),
    ...when(requestBody !== undefined, 'malformed-json', 'unknown-field', 'short-body', 'too-large', 'media-type'),
    ...when(idempotencyKey, 'idempotency-mismatch'),
    ...when(ifMatch, 'precondition-failed', 'precondition-required'),
    ...problems,
  ];
}
