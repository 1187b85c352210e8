import { Global, Module } from '@nestjs/common';
import { Custody } from './custody.js';
import { PromiseSigner } from './promise-signer.js';
import { CustodyRecord } from './record.js';
import { CustodyRecorder } from './recorder.js';

@Global()
@Module({
  providers: [Custody, CustodyRecord, CustodyRecorder, PromiseSigner],
  exports: [Custody, CustodyRecord, CustodyRecorder, PromiseSigner],
})
export class CustodyModule {}
