import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ConcludeRecheck } from './conclude-recheck.js';
import { EvidenceFile } from './evidence-file.entity.js';
import { Exhibit } from './exhibit.entity.js';
import { Recheck } from './recheck.js';
import { ScrubEvidence } from './scrub-evidence.js';
import { SweepUploads } from './sweep-uploads.js';

/** What the worker does for intake. */
@Module({
  imports: [TypeOrmModule.forFeature([Exhibit, EvidenceFile])],
  providers: [ConcludeRecheck, Recheck, ScrubEvidence, SweepUploads],
  exports: [ConcludeRecheck, Recheck, ScrubEvidence, SweepUploads],
})
export class RecheckModule {}
