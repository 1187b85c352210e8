import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import { Problem } from '#domain/contract';
import type { SignedInOfficer, SignIn } from '#server/identity';
import { SignedIn } from './signed-in.js';

const OPEN = Symbol('open');

/** A route for anyone: log reads, health, problem pages. Every other route needs a signed-in officer. */
export const Open = () => SetMetadata(OPEN, true);

export function isOpenRoute(reflector: Reflector, handler: () => unknown, controller: Type): boolean {
  return reflector.getAllAndOverride<boolean | undefined>(OPEN, [handler, controller]) === true;
}

/** A request of somebody signed in; without an officer on an open route. */
export interface AuthenticatedRequest extends Request {
  officer?: SignedInOfficer;
  signIn?: SignIn;
}

/** Lets in requests with a valid access token of a known officer, and the proof that it is theirs; `@Officer()` hands them to the route. */
@Injectable()
export class OfficerGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly signedIn: SignedIn,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (isOpenRoute(this.reflector, context.getHandler() as () => unknown, context.getClass())) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest>();
    const signIn = await this.signedIn.of(request);
    // Whoever uses nonces is given the next one before theirs is too old.
    if (signIn.nonce === 'ageing') http.getResponse<Response>().setHeader('DPoP-Nonce', await this.signedIn.nonce());
    request.signIn = signIn;
    request.officer = signIn.officer;
    return true;
  }
}

/** The signed-in officer of this request. */
export const Officer = createParamDecorator((_: unknown, context: ExecutionContext): SignedInOfficer => {
  const { officer } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!officer) throw new Problem('unauthenticated');
  return officer;
});
