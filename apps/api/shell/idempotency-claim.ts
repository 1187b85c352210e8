import { createHash } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { Problem } from '#domain/contract';
import type { IdempotencyClaim } from '#server/idempotency';
import type { JsonRequest } from './json-body.js';

/** The request's Idempotency-Key with the digest of what it asks; null without one. */
export const claimIn = (_: unknown, context: ExecutionContext): IdempotencyClaim | null => {
  const request = context.switchToHttp().getRequest<JsonRequest>();
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new Problem('malformed-request', 'an Idempotency-Key has 1 to 200 visible ASCII characters');
  }
  const requestSha256 = createHash('sha256')
    .update(`${request.method} ${request.originalUrl}\n`)
    .update(request.jsonBytes ?? '')
    .digest();
  return { key, requestSha256 };
};
export const Claim = createParamDecorator(claimIn);
