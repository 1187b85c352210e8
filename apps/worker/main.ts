import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { readConfig } from '#server/config';
import { JsonLogger } from '#server/operations';
import { LogKeeper } from './log-keeper.js';
import { WorkerModule } from './worker.module.js';

// Before anything else, so that every fault of the configuration is told at once.
readConfig(process.env);
const app = await NestFactory.createApplicationContext(WorkerModule, { bufferLogs: true });
app.useLogger(app.get(JsonLogger));
app.enableShutdownHooks();
void app.get(LogKeeper).refusal.then(() => {
  process.exitCode = 1;
  return app.close();
});
