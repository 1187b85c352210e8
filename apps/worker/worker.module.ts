import { Module } from '@nestjs/common';
import { ConfigModule } from '#server/config';
import { CustodyModule } from '#server/custody';
import { DatabaseModule } from '#server/database';
import { RecheckModule } from '#server/intake';
import { OperationsModule } from '#server/operations';
import { OutboxModule } from '#server/outbox';
import { QueueModule } from '#server/queue';
import { ExpireGrantsModule } from '#server/sharing';
import { StorageModule } from '#server/storage';
import { GrantKeeper } from './grant-keeper.js';
import { LogKeeper } from './log-keeper.js';
import { PROCESSOR_IMPORTS, PROCESSORS } from './processors.js';
import { UploadKeeper } from './upload-keeper.js';

@Module({
  imports: [
    ConfigModule,
    DatabaseModule,
    StorageModule,
    OutboxModule,
    CustodyModule,
    OperationsModule,
    ExpireGrantsModule,
    RecheckModule,
    QueueModule.withProcessors(PROCESSORS, PROCESSOR_IMPORTS),
  ],
  providers: [LogKeeper, GrantKeeper, UploadKeeper],
})
export class WorkerModule {}
