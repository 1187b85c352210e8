import { Module } from '@nestjs/common';
import { RequestTimes } from './request-times.js';

/** What the worker does for requests. */
@Module({ providers: [RequestTimes], exports: [RequestTimes] })
export class RequestTimesModule {}
