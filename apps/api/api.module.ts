import { Module } from '@nestjs/common';
import { AuthorityModule } from '#server/authority';
import { ConfigModule } from '#server/config';
import { CustodyModule, LogReaderModule } from '#server/custody';
import { DatabaseModule } from '#server/database';
import { IdempotencyModule } from '#server/idempotency';
import { IdentityModule } from '#server/identity';
import { OperationsModule } from '#server/operations';
import { OutboxModule } from '#server/outbox';
import { QueueReadinessModule } from '#server/queue';
import { StorageModule } from '#server/storage';
import { AuditApiModule } from './audit/audit.module.js';
import { CustodyApiModule } from './custody/custody.module.js';
import { DirectoryApiModule } from './directory/directory.module.js';
import { HomeModule } from './home/home.module.js';
import { LogoutApiModule } from './logout/logout.module.js';
import { LogApiModule } from './log/log.module.js';
import { OpenApiModule } from './openapi/index.js';
import { RequestsApiModule } from './requests/requests.module.js';
import { RetrievalApiModule } from './retrieval/retrieval.module.js';
import { SharingApiModule } from './sharing/sharing.module.js';
import { IntakeApiModule } from './intake/intake.module.js';
import { ShellModule } from './shell/shell.module.js';
import { TimeApiModule } from './time/time.module.js';

@Module({
  imports: [
    ConfigModule,
    DatabaseModule,
    IdentityModule,
    IdempotencyModule,
    OutboxModule,
    StorageModule,
    CustodyModule,
    LogReaderModule,
    OperationsModule,
    QueueReadinessModule,
    AuthorityModule,
    ShellModule,
    IntakeApiModule,
    RetrievalApiModule,
    DirectoryApiModule,
    SharingApiModule,
    RequestsApiModule,
    AuditApiModule,
    CustodyApiModule,
    LogApiModule,
    LogoutApiModule,
    TimeApiModule,
    HomeModule,
    OpenApiModule,
  ],
})
export class ApiModule {}
