import { Module } from '@nestjs/common';
import { TimestampDeskModule } from '#server/time';
import { ExhibitTimestampsController, LogTimestampsController } from './timestamps.controller.js';

@Module({ imports: [TimestampDeskModule], controllers: [LogTimestampsController, ExhibitTimestampsController] })
export class TimeApiModule {}
