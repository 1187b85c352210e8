import { PROBLEMS, type ProblemCode } from '#domain/contract';
import type { HeaderObject, ResponseObject, SchemaObject } from './shapes.js';

/** JSON Schema of a problem (RFC 9457). */
export const PROBLEM_SCHEMA: SchemaObject = {
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: {
    type: { type: 'string', format: 'uri-reference', description: '`/problems/<code>`, a page that the API serves' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    code: { type: 'string', enum: Object.keys(PROBLEMS) },
    detail: { type: 'string' },
    rule: { type: 'string', description: 'The rule that a refusal rests on' },
    source: { type: 'string', description: 'Its source in law' },
    faults: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'message'],
        properties: { path: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

const RETRY_AFTER: HeaderObject = {
  description: 'Seconds to wait before the same request is worth sending again',
  schema: { type: 'integer', minimum: 0 },
};
export const ETAG: HeaderObject = {
  description: 'Strong entity tag, for the If-Match of a change (RFC 9110 §8.8.3)',
  schema: { type: 'string', examples: ['"1"'] },
};
const MORE_HEADERS: Readonly<Record<number, Readonly<Record<string, HeaderObject>>>> = {
  401: { 'WWW-Authenticate': { description: 'How to sign in', schema: { type: 'string' } } },
  405: { Allow: { description: 'The methods that there are', schema: { type: 'string' } } },
  416: { 'Content-Range': { description: '`bytes */<size>`', schema: { type: 'string' } } },
  429: { 'Retry-After': RETRY_AFTER },
  503: { 'Retry-After': RETRY_AFTER },
};

/** The error answers of an operation, by status; each says which codes it may have. */
export function problemAnswers(codes: Iterable<ProblemCode>): Record<string, ResponseObject> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const [status] = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const sorted = [...byStatus].sort(([one], [other]) => one - other);
  return Object.fromEntries(sorted.map(([status, ofStatus]) => [String(status), answer(status, ofStatus)]));
}

function answer(status: number, codes: readonly ProblemCode[]): ResponseObject {
  const headers = MORE_HEADERS[status];
  return {
    description: codes.map((code) => `${PROBLEMS[code][1]} (\`${code}\`)`).join('; '),
    ...(headers && { headers }),
    content: {
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
        },
      },
    },
  };
}
