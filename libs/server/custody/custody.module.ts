import { Global, Module } from '@nestjs/common';
import { Custody } from './custody.js';
import { CustodyRecorder } from './recorder.js';

@Global()
@Module({ providers: [Custody, CustodyRecorder], exports: [Custody, CustodyRecorder] })
export class CustodyModule {}
