import { Module } from '@nestjs/common';
import { ExpireGrants } from './expire-grants.js';
import { Grants } from './grants.js';

@Module({ providers: [Grants, ExpireGrants], exports: [Grants, ExpireGrants] })
export class SharingModule {}
