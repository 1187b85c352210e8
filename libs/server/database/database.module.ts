import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CONFIG, type Config } from '#server/config';
import { refuseOtherSchema } from './applied-migrations.js';
import { Database } from './database.js';
import { MIGRATIONS } from './migrate.js';

/** The pool of this process, under its restricted role; entities come from the stages. */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [CONFIG],
      useFactory: (config: Config) => ({
        type: 'postgres',
        url: config.databaseUrl,
        schema: 'amana',
        autoLoadEntities: true,
        synchronize: false,
        applicationName: 'amana',
        poolSize: 16,
        retryAttempts: 3,
        extra: {
          connectionTimeoutMillis: 10_000,
          statement_timeout: 30_000,
          idle_in_transaction_session_timeout: 60_000,
        },
      }),
    }),
  ],
  providers: [Database],
  exports: [Database],
})
export class DatabaseModule implements OnModuleInit {
  constructor(private readonly database: Database) {}

  async onModuleInit(): Promise<void> {
    await this.database.refuseUnboundRole();
    await refuseOtherSchema(this.database, MIGRATIONS);
  }
}
