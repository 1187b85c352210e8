import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { OfficerGuard } from './officer.guard.js';
import { ProblemFilter } from './problem.filter.js';
import { ShellController } from './shell.controller.js';
import { validationPipe } from './validation.pipe.js';

/** What every route has around it: who asks, what is valid, how an error is told. */
@Module({
  controllers: [ShellController],
  providers: [
    { provide: APP_GUARD, useClass: OfficerGuard },
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useFactory: validationPipe },
  ],
})
export class ShellModule {}
