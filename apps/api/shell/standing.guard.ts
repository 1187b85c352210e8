import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { decideStanding } from '#domain/authority';
import { refusal } from '#server/authority';
import { standingAsked } from './decided-by.js';
import { type AuthenticatedRequest } from './officer.guard.js';

/** Lets through officers of the standing that the route asks for; the filter puts its refusals on the record. */
@Injectable()
export class StandingGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const { officer } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const standing = standingAsked(this.reflector, context.getHandler() as () => unknown, context.getClass());
    // Open routes have no officer; every other was made sure to say what decides it.
    if (!officer || standing === undefined) return true;
    const decision = decideStanding(standing, officer);
    if (!decision.allowed) throw refusal(decision);
    return true;
  }
}
