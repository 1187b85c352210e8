import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { Problem } from '#domain/contract';
import { takesQuery } from './route-parameters.js';

/** A query that a route has no use for is refused, as an unknown field of a body is: whoever sends it believes that it does something. */
@Injectable()
export class KnownQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { query, path } = context.switchToHttp().getRequest<Request>();
    // What is public and cached may carry a query that some cache asks for.
    if (!path.startsWith('/v1')) return true;
    const names = Object.keys(query);
    // A schema does not see a member of this name.
    const isRead = takesQuery(context.getClass(), context.getHandler().name);
    const name = isRead ? names.find((one) => one === '__proto__') : names[0];
    if (name === undefined) return true;
    const faults = [{ path: name, message: 'is not a query parameter here' }];
    throw new Problem('unknown-field', undefined, { faults });
  }
}
