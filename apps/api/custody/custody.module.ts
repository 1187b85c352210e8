import { Module } from '@nestjs/common';
import { EventsController } from './events.controller.js';
import { Readings } from './readings.js';

@Module({ controllers: [EventsController], providers: [Readings] })
export class CustodyApiModule {}
