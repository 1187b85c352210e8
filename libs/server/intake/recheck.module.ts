import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConcludeRecheck } from './conclude-recheck.js';
import { EvidenceFile } from './evidence-file.entity.js';
import { Exhibit } from './exhibit.entity.js';
import { Recheck } from './recheck.js';
import { SweepUploads } from './sweep-uploads.js';

/** What the worker does for intake. */
@Module({
  imports: [TypeOrmModule.forFeature([Exhibit, EvidenceFile])],
  providers: [ConcludeRecheck, Recheck, SweepUploads],
  exports: [ConcludeRecheck, Recheck, SweepUploads],
})
export class RecheckModule {}
