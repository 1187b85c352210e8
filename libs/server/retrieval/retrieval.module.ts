import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CutRetrievals } from './cut-retrievals.js';
import { OpenFiles } from './open-file.js';
import { ReadEvidence } from './read-evidence.js';
import { Receipts } from './receipts.js';
import { Retrieval } from './retrieval.entity.js';
import { Retrievals } from './retrievals.js';
import { RetrievalWatch } from './watch.js';

@Module({
  imports: [TypeOrmModule.forFeature([Retrieval])],
  providers: [CutRetrievals, OpenFiles, ReadEvidence, Receipts, Retrievals, RetrievalWatch],
  exports: [OpenFiles, ReadEvidence, Receipts, Retrievals, RetrievalWatch],
})
export class RetrievalModule {}
