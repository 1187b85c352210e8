import { Module } from '@nestjs/common';
import { RequestEvents } from './request-events.js';
import { RequestReadings } from './request-readings.js';
import { Requests } from './requests.js';

@Module({ providers: [RequestEvents, Requests, RequestReadings], exports: [Requests, RequestReadings] })
export class RequestsModule {}
