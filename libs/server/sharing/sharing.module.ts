import { Module } from '@nestjs/common';
import { GrantEvents } from './grant-events.js';
import { Grants } from './grants.js';

@Module({ providers: [GrantEvents, Grants], exports: [Grants] })
export class SharingModule {}
