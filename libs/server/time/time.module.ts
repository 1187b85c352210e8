import { Module } from '@nestjs/common';
import { LogTimestamps } from './log-timestamps.js';
import { ManifestTimestamps } from './manifest-timestamps.js';
import { RenewTimestamps } from './renew-timestamps.js';

/** Attested time: reading what is kept, and having more made. */
@Module({
  providers: [LogTimestamps, ManifestTimestamps, RenewTimestamps],
  exports: [LogTimestamps, ManifestTimestamps, RenewTimestamps],
})
export class TimeModule {}
