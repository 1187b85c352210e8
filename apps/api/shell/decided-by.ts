import { SetMetadata, type Type } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Standing } from '#domain/authority';

const DECIDED_BY = Symbol('decided-by');

/**
 * What decides whether an officer may take a route: the standing it asks for, before the use case decides of the very thing asked for. `known`
 * says that the use case alone decides. Every route carries it, or is `@Open()`; the API does not start with one that carries neither.
 */
export const DecidedBy = (standing: Standing) => SetMetadata(DECIDED_BY, standing);

/** The standing that a route asks for; the route's own goes before its controller's. */
export function standingAsked(reflector: Reflector, handler: () => unknown, controller: Type): Standing | undefined {
  return reflector.getAllAndOverride<Standing | undefined>(DECIDED_BY, [handler, controller]);
}
