import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { DecidedRoutes } from './decided-routes.js';
import { FreshSignInGuard } from './fresh-sign-in.guard.js';
import { KnownQueryGuard } from './known-query.guard.js';
import { OfficerGuard } from './officer.guard.js';
import { ProblemFilter } from './problem.filter.js';
import { ShellController } from './shell.controller.js';
import { SignedIn } from './signed-in.js';
import { StandingGuard } from './standing.guard.js';
import { validationPipe } from './validation.pipe.js';

/** What every route has around it: who asks, what is valid, how an error is told. */
@Module({
  imports: [DiscoveryModule],
  controllers: [ShellController],
  providers: [
    DecidedRoutes,
    SignedIn,
    { provide: APP_GUARD, useClass: OfficerGuard },
    { provide: APP_GUARD, useClass: StandingGuard },
    { provide: APP_GUARD, useClass: FreshSignInGuard },
    { provide: APP_GUARD, useClass: KnownQueryGuard },
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class ShellModule {}
