import { Global, Module } from '@nestjs/common';
import { LogReader } from './log-reader.js';

/** Reading the log, for processes that have the store. */
@Global()
@Module({ providers: [LogReader], exports: [LogReader] })
export class LogReaderModule {}
