import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { Database } from '#server/database';
import { METRICS, openMetrics } from './metrics.js';
import { OperationsServer } from './operations-server.js';
import { Readiness } from './readiness.js';

/** Health, metrics and logs of a process. Logs carry ids, never tokens, keys or names. */
@Global()
@Module({
  imports: [
    LoggerModule.forRoot({
      pinoHttp: {
        level: 'info',
        redact: ['req.headers.authorization', 'req.headers.dpop', 'req.headers.cookie', 'res.headers["set-cookie"]'],
        autoLogging: false,
      },
    }),
  ],
  providers: [Readiness, OperationsServer, { provide: METRICS, useFactory: openMetrics }],
  exports: [Readiness, OperationsServer, METRICS],
})
export class OperationsModule implements OnModuleInit {
  constructor(
    private readonly readiness: Readiness,
    private readonly database: Database,
  ) {}

  onModuleInit(): void {
    this.readiness.add('database', async () => {
      await this.database.query('SELECT');
    });
  }
}
