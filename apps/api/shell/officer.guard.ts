import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { Problem } from '#domain/contract';
import { Officers, type SignedInOfficer, TokenError, TokenVerifier } from '#server/identity';

const OPEN = Symbol('open');

/** A route for anyone: log reads, health, problem pages. Every other route needs a signed-in officer. */
export const Open = () => SetMetadata(OPEN, true);

export function isOpenRoute(reflector: Reflector, handler: () => unknown, controller: Type): boolean {
  return reflector.getAllAndOverride<boolean | undefined>(OPEN, [handler, controller]) === true;
}

/** A request of somebody signed in; without an officer on an open route. */
export interface AuthenticatedRequest extends Request {
  officer?: SignedInOfficer;
}

/** Lets in requests with a valid access token of a known officer; `@Officer()` hands them to the route. */
@Injectable()
export class OfficerGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: TokenVerifier,
    private readonly officers: Officers,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (isOpenRoute(this.reflector, context.getHandler() as () => unknown, context.getClass())) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const token = bearerToken(request);
    const officer = await this.tokens.verify(token).then(
      (subject) => this.officers.signedIn(subject),
      (error: unknown) => {
        throw error instanceof TokenError ? new Problem('unauthenticated', error.message) : error;
      },
    );
    if (!officer) throw new Problem('unauthenticated', 'no officer answers to this identity');
    request.officer = officer;
    return true;
  }
}

/** The access token a request carries. @throws Problem 'unauthenticated' without one */
export function bearerToken(request: Request): string {
  const [scheme, token, ...rest] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'bearer' || !token || rest.length > 0) throw new Problem('unauthenticated');
  return token;
}

/** The signed-in officer of this request. */
export const Officer = createParamDecorator((_: unknown, context: ExecutionContext): SignedInOfficer => {
  const { officer } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!officer) throw new Problem('unauthenticated');
  return officer;
});
