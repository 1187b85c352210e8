import { Module } from '@nestjs/common';
import { AuthorityModule } from '#server/authority';
import { ConfigModule } from '#server/config';
import { CustodyModule } from '#server/custody';
import { DatabaseModule } from '#server/database';
import { IdempotencyModule } from '#server/idempotency';
import { IdentityModule } from '#server/identity';
import { OutboxModule } from '#server/outbox';
import { StorageModule } from '#server/storage';
import { AuditApiModule } from './audit/audit.module.js';
import { DirectoryApiModule } from './directory/directory.module.js';
import { SharingApiModule } from './sharing/sharing.module.js';
import { IntakeApiModule } from './intake/intake.module.js';
import { ShellModule } from './shell/shell.module.js';

@Module({
  imports: [
    ConfigModule,
    DatabaseModule,
    IdentityModule,
    IdempotencyModule,
    OutboxModule,
    StorageModule,
    CustodyModule,
    AuthorityModule,
    ShellModule,
    IntakeApiModule,
    DirectoryApiModule,
    SharingApiModule,
    AuditApiModule,
  ],
})
export class ApiModule {}
