import { Module } from '@nestjs/common';
import { ExpireGrants } from './expire-grants.js';

/** What the worker does for sharing. */
@Module({ providers: [ExpireGrants], exports: [ExpireGrants] })
export class ExpireGrantsModule {}
