import type { ParameterObject, SchemaObject } from './shapes.js';

/** Request header fields as parameters of the operations that read them. */
function header(name: string, required: boolean, description: string, schema: SchemaObject): ParameterObject {
  return { name, in: 'header', required, description, schema: { type: 'string', ...schema } };
}

export const IDEMPOTENCY_KEY = header(
  'Idempotency-Key',
  false,
  'Names this act: sent again with the same key and body it is not done again, and answered the same, status included',
  { pattern: '^[\\x21-\\x7e]{1,200}$' },
);
export const IF_MATCH = header('If-Match', true, 'The entity tag of what was seen; absent: 428, stale: 412', {
  pattern: '^"[A-Za-z0-9_-]{1,64}"$',
});
export const RANGE = header('Range', false, 'One range of bytes (RFC 9110 §14.2)', {
  examples: ['bytes=0-1048575'],
});
export const IF_RANGE = header('If-Range', false, 'The range counts only while the entity tag is still this one', {});

export const PART_HEADERS: readonly ParameterObject[] = [
  header('Content-Length', true, 'The size that the part’s number demands', { pattern: '^[0-9]+$' }),
  header('Content-Digest', true, 'SHA-256 of the part (RFC 9530)', { examples: ['sha-256=:…:'] }),
  header('Content-Range', false, 'Where the part lies in its file; must be where its number demands', {
    pattern: '^bytes [0-9]+-[0-9]+/([0-9]+|\\*)$',
  }),
];
