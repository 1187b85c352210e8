import { Module } from '@nestjs/common';
import { GrantEvents } from './grant-events.js';
import { GrantTimes } from './grant-times.js';

/** What the worker does for sharing. */
@Module({ providers: [GrantEvents, GrantTimes], exports: [GrantTimes] })
export class GrantTimesModule {}
