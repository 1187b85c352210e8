import { Module } from '@nestjs/common';
import { LogTimestamps } from './log-timestamps.js';
import { ManifestTimestamps } from './manifest-timestamps.js';
import { RenewTimestamps } from './renew-timestamps.js';
import { TimestampDesk } from './timestamp-desk.js';
import { TimestampRoots } from './timestamp-roots.js';

/** Attested time: having it made and kept. */
@Module({
  providers: [LogTimestamps, ManifestTimestamps, RenewTimestamps],
  exports: [LogTimestamps, ManifestTimestamps, RenewTimestamps],
})
export class TimeModule {}

/** Attested time, handed out: for a process that decides who may read what. */
@Module({
  providers: [LogTimestamps, ManifestTimestamps, TimestampRoots, TimestampDesk],
  exports: [TimestampDesk],
})
export class TimestampDeskModule {}
