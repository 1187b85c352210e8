import 'reflect-metadata';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { claimIn } from './idempotency-claim.js';
import { tagMatched, versionMatched } from './if-match.js';

/** What of a handler's parameters comes out of the request's header, and whether it reads the query. */
export interface RouteParameters {
  readonly idempotencyKey: boolean;
  readonly ifMatch: boolean;
  readonly query: boolean;
}

/** As its decorators say, so that what is documented and refused is what the handler takes. */
export function routeParametersOf(controller: object, handler: string): RouteParameters {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) ?? {}) as Record<
    string,
    { factory?: unknown }
  >;
  const factories = Object.values(parameters).map(({ factory }) => factory);
  return {
    idempotencyKey: factories.includes(claimIn),
    ifMatch: factories.includes(versionMatched) || factories.includes(tagMatched),
    query: Object.keys(parameters).some((kind) => kind.split(':')[0] === String(RouteParamtypes.QUERY)),
  };
}

export function takesQuery(controller: object, handler: string): boolean {
  return routeParametersOf(controller, handler).query;
}
