import { Global, Module, type OnModuleInit } from '@nestjs/common';
import { Database } from '#server/database';
import { HttpMetrics } from './http-metrics.js';
import { JsonLogger } from './json-logger.js';
import { METRICS, openMetrics } from './metrics.js';
import { OperationsServer } from './operations-server.js';
import { RecordMetrics } from './record-metrics.js';
import { Readiness } from './readiness.js';

/** Health, metrics and logs of a process. Logs carry ids, never tokens, keys or names. */
@Global()
@Module({
  providers: [
    JsonLogger,
    Readiness,
    OperationsServer,
    HttpMetrics,
    RecordMetrics,
    { provide: METRICS, useFactory: openMetrics },
  ],
  exports: [JsonLogger, Readiness, OperationsServer, HttpMetrics, METRICS],
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
