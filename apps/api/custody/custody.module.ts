import { Module } from '@nestjs/common';
import { ErasureModule } from '#server/erasure';
import { ErasureController } from './erasure.controller.js';
import { EventsController } from './events.controller.js';
import { Readings } from './readings.js';

@Module({ imports: [ErasureModule], controllers: [EventsController, ErasureController], providers: [Readings] })
export class CustodyApiModule {}
