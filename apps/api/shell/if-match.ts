import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from '#domain/contract';

/** The version that a change rests on, from `If-Match: "<version>"`. Its absence is 428, another form 400. */
export const IfMatch = createParamDecorator((_: unknown, context: ExecutionContext): number => {
  const given = context.switchToHttp().getRequest<Request>().headers['if-match'];
  if (given === undefined) throw new Problem('precondition-required');
  const version = /^"(\d{1,9})"$/.exec(given)?.[1];
  if (version === undefined) throw new Problem('malformed-request', 'If-Match must be one strong entity tag of ours');
  return Number(version);
});

/** Entity tag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}
