import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from '#domain/contract';

/** The version that a change rests on, from `If-Match: "<version>"`. Its absence is 428, another form 400. */
export const versionMatched = (_: unknown, context: ExecutionContext): number => {
  const version = /^"(\d{1,9})"$/.exec(tagIn(context))?.[1];
  if (version === undefined) throw new Problem('malformed-request', 'If-Match must be one strong entity tag of ours');
  return Number(version);
};
export const IfMatch = createParamDecorator(versionMatched);

/** The same for things whose entity tag is a digest: the tag as it came, with its quotes. */
export const tagMatched = (_: unknown, context: ExecutionContext): string => {
  const tag = tagIn(context);
  if (!/^"[A-Za-z0-9_-]{1,64}"$/.test(tag))
    throw new Problem('malformed-request', 'If-Match must be one strong entity tag of ours');
  return tag;
};
export const IfMatchTag = createParamDecorator(tagMatched);

/** Entity tag of a version. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

function tagIn(context: ExecutionContext): string {
  const given = context.switchToHttp().getRequest<Request>().headers['if-match'];
  if (given === undefined) throw new Problem('precondition-required');
  return given;
}
