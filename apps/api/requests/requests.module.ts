import { Module } from '@nestjs/common';
import { RequestsModule } from '#server/requests';
import { RequestsController } from './requests.controller.js';

@Module({ imports: [RequestsModule], controllers: [RequestsController] })
export class RequestsApiModule {}
