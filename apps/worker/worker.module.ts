import { Module } from '@nestjs/common';
import { RaiseReviewsModule } from '#server/audit';
import { ConfigModule } from '#server/config';
import { CustodyModule, LogReaderModule, ScrubLog } from '#server/custody';
import { DatabaseModule } from '#server/database';
import { RecheckModule } from '#server/intake';
import { OperationsModule } from '#server/operations';
import { OutboxModule } from '#server/outbox';
import { QueueModule } from '#server/queue';
import { RequestTimesModule } from '#server/requests';
import { GrantTimesModule } from '#server/sharing';
import { StorageModule } from '#server/storage';
import { TimeModule } from '#server/time';
import { GrantKeeper } from './grant-keeper.js';
import { LogAlarms } from './log-alarms.js';
import { LogKeeper } from './log-keeper.js';
import { LogReadiness } from './log-readiness.js';
import { PROCESSOR_IMPORTS, PROCESSORS } from './processors.js';
import { RequestKeeper } from './request-keeper.js';
import { ReviewKeeper } from './review-keeper.js';
import { ScrubKeeper } from './scrub-keeper.js';
import { TimeKeeper } from './time-keeper.js';
import { UploadKeeper } from './upload-keeper.js';

@Module({
  imports: [
    ConfigModule,
    DatabaseModule,
    StorageModule,
    OutboxModule,
    CustodyModule,
    LogReaderModule,
    TimeModule,
    OperationsModule,
    GrantTimesModule,
    RequestTimesModule,
    RaiseReviewsModule,
    RecheckModule,
    QueueModule.withProcessors(PROCESSORS, PROCESSOR_IMPORTS),
  ],
  providers: [
    LogAlarms,
    LogKeeper,
    ScrubLog,
    LogReadiness,
    GrantKeeper,
    RequestKeeper,
    ReviewKeeper,
    ScrubKeeper,
    TimeKeeper,
    UploadKeeper,
  ],
})
export class WorkerModule {}
