import { Module } from '@nestjs/common';
import { RetrievalModule } from '#server/retrieval';
import { RetrievalsController } from './retrievals.controller.js';

@Module({ imports: [RetrievalModule], controllers: [RetrievalsController] })
export class RetrievalApiModule {}
