import { type CanActivate, type ExecutionContext, Inject, Injectable, SetMetadata, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { CONFIG, type Config } from '#server/config';
import type { SignIn } from '#server/identity';
import { Challenge, type FreshSignIn } from './challenge.js';
import type { AuthenticatedRequest } from './officer.guard.js';

const FRESH = Symbol('fresh-sign-in');

/** Which requests of a route: by what their body says, not yet checked. */
export type When = (body: unknown) => boolean;

/**
 * A route that asks for somebody who proved a short while ago who they are, and for a proof that was made now: what it does cannot be taken
 * back. A stale sign-in is answered with how to renew it (RFC 9470), before anything is done.
 */
export const FreshlySignedIn = (when: When = () => true) => SetMetadata(FRESH, when);

/** Which requests of a route ask for a fresh sign-in; undefined for a route that never does. */
export function freshnessAsked(reflector: Reflector, handler: () => unknown, controller: Type): When | undefined {
  return reflector.getAllAndOverride<When | undefined>(FRESH, [handler, controller]);
}

@Injectable()
export class FreshSignInGuard implements CanActivate {
  private readonly needed: FreshSignIn;

  constructor(
    private readonly reflector: Reflector,
    @Inject(CONFIG) { stepUpSeconds, stepUpAcr }: Config,
  ) {
    this.needed = { maxAgeSeconds: stepUpSeconds, acrValues: stepUpAcr };
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const { signIn } = request;
    const when = freshnessAsked(this.reflector, context.getHandler() as () => unknown, context.getClass());
    if (!signIn || when?.(request.body) !== true) return true;
    if (!isFresh(signIn, this.needed, new Date())) throw Challenge.signInAgain(this.needed);
    if (signIn.nonce === null) throw Challenge.nonce();
    return true;
  }
}

/** An issuer that does not say when, or how, cannot be taken to have asked. A clock may be a minute ahead of ours. */
function isFresh({ authenticatedAt, acr }: SignIn, { maxAgeSeconds, acrValues }: FreshSignIn, now: Date): boolean {
  if (authenticatedAt === null) return false;
  if (acrValues.length > 0 && (acr === null || !acrValues.includes(acr))) return false;
  const ageSeconds = (now.getTime() - authenticatedAt.getTime()) / 1000;
  return ageSeconds <= maxAgeSeconds && ageSeconds >= -60;
}
