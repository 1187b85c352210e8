import { Global, Module } from '@nestjs/common';
import { LogMonitor } from './log-monitor.js';
import { LogReader } from './log-reader.js';

/** Reading the log, for processes that have the store. */
@Global()
@Module({ providers: [LogReader, LogMonitor], exports: [LogReader, LogMonitor] })
export class LogReaderModule {}
