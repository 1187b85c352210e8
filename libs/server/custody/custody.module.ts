import { Global, Module } from '@nestjs/common';
import { Custody } from './custody.js';
import { CustodyRecord } from './record.js';
import { CustodyRecorder } from './recorder.js';

@Global()
@Module({
  providers: [Custody, CustodyRecord, CustodyRecorder],
  exports: [Custody, CustodyRecord, CustodyRecorder],
})
export class CustodyModule {}
